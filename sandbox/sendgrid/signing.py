"""The key of the signed Event Webhook: ECDSA on P-256 over time stamp and body."""

import base64

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.core.http import Answer, ParsedRequest
from sandbox.core.store import Document
from sandbox.core.world import World

_KIND, _ID = "sendgrid.key", "events"


class EventSigner:
    """Signs events with one key, kept in the state and through every reset."""

    def __init__(self, world: World) -> None:
        kept = world.store.get(_KIND, _ID)
        if kept is None:
            fresh = ec.generate_private_key(ec.SECP256R1())
            kept = {"pem": _pem(fresh).decode()}
            world.store.put(_KIND, _ID, kept)
        key = serialization.load_pem_private_key(kept["pem"].encode(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("the key in the state is not an elliptic curve's")
        self._key = key
        self._kept = kept
        self._world = world

    def sign(self, _: Document, body: bytes, at: int) -> dict[str, str]:
        """SendGrid's two headers for this body at this Unix time."""
        self._keep()
        signature = self._key.sign(f"{at}".encode() + body, ec.ECDSA(hashes.SHA256()))
        return {
            "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
            "x-twilio-email-event-webhook-timestamp": f"{at}",
        }

    async def show(self, _: World, __: ParsedRequest) -> Answer:
        """The public key as SendGrid's settings page gives it: base64 of the DER form."""
        self._keep()
        der = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return Answer.json({"public_key": base64.b64encode(der).decode()})

    def _keep(self) -> None:
        if self._world.store.get(_KIND, _ID) is None:  # after a reset
            self._world.store.put(_KIND, _ID, self._kept)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
