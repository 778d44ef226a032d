package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/dynamicconfig"
)

const localIP = "127.0.0.1"

type options struct {
	ip               string
	port             int
	uiPort           int
	metricsPort      int
	headless         bool
	namespaces       []string
	database         string
	pragmas          map[string]string
	dynamic          dynamicconfig.StaticClient
	searchAttributes map[string]enumspb.IndexedValueType
	uiCodecEndpoint  string
	logLevel         string
	logFormat        string
}

func parseOptions(args []string) (*options, error) {
	opts := &options{
		pragmas:          map[string]string{},
		dynamic:          defaultDynamicConfig(),
		searchAttributes: map[string]enumspb.IndexedValueType{},
	}
	flags := flag.NewFlagSet("server start-dev", flag.ContinueOnError)
	flags.StringVar(&opts.ip, "ip", localIP, "address to listen on")
	flags.IntVar(&opts.port, "port", 7233, "frontend `port`")
	flags.IntVar(&opts.uiPort, "ui-port", 0, "UI `port` (default: frontend port + 1000)")
	flags.IntVar(&opts.metricsPort, "metrics-port", 0, "Prometheus `port` (default: none)")
	flags.BoolVar(&opts.headless, "headless", false, "no web UI")
	flags.StringVar(&opts.database, "db-filename", "", "SQLite `file` (default: in memory)")
	flags.StringVar(&opts.uiCodecEndpoint, "ui-codec-endpoint", "", "`URL` of the UI's codec server")
	flags.StringVar(&opts.logLevel, "log-level", "warn", "debug, info, warn, error, fatal or never")
	flags.StringVar(&opts.logFormat, "log-format", "text", "text, pretty or json")
	flags.Func("namespace", "`name` of a namespace to create beside default (repeatable)", opts.addNamespace)
	flags.Func("sqlite-pragma", "`name=value` for SQLite (repeatable)", opts.addPragma)
	flags.Func("dynamic-config-value", "`key=JSON` for the server (repeatable)", opts.addDynamicValue)
	flags.Func("search-attribute", "`name=type` for a new database (repeatable)", opts.addSearchAttribute)
	// An error is one line; the list of options is for those who ask for it.
	flags.SetOutput(io.Discard)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			flags.SetOutput(os.Stdout)
			flags.PrintDefaults()
		}
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return opts, opts.complete()
}

// defaultDynamicConfig: new search attributes are visible at once, which needs more reads, and the
// UI may list more often than the server's own default of ten times a second allows.
func defaultDynamicConfig() dynamicconfig.StaticClient {
	values := dynamicconfig.StaticClient{}
	for key, value := range map[string]any{
		"system.forceSearchAttributesCacheRefreshOnRead": true,
		"frontend.persistenceMaxQPS":                     10000,
		"history.persistenceMaxQPS":                      45000,
		"frontend.namespaceRPS.visibility":               100,
		"history.hostLevelCacheMaxSize":                  8192,
	} {
		values[dynamicconfig.MakeKey(key)] = value
	}
	return values
}

func (o *options) addNamespace(name string) error {
	if name == "" {
		return errors.New("a namespace needs a name")
	}
	o.namespaces = append(o.namespaces, name)
	return nil
}

func (o *options) addPragma(text string) error {
	name, value, err := splitPair(text)
	o.pragmas[name] = value
	return err
}

func (o *options) addDynamicValue(text string) error {
	key, value, err := splitPair(text)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(strings.NewReader(value))
	decoder.UseNumber()
	var decoded any
	if err := decoder.Decode(&decoded); err != nil || decoder.More() {
		return fmt.Errorf("%s: %q is not one JSON value (text needs its quotes)", key, value)
	}
	// The server takes whole numbers as int and nothing else.
	if number, ok := decoded.(json.Number); ok {
		if whole, err := strconv.Atoi(number.String()); err == nil {
			decoded = whole
		} else if decoded, err = number.Float64(); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	o.dynamic[dynamicconfig.MakeKey(key)] = decoded
	return nil
}

func (o *options) addSearchAttribute(text string) error {
	name, typeName, err := splitPair(text)
	if err != nil {
		return err
	}
	for known, number := range enumspb.IndexedValueType_shorthandValue {
		if strings.EqualFold(known, typeName) && number != 0 {
			o.searchAttributes[name] = enumspb.IndexedValueType(number)
			return nil
		}
	}
	return fmt.Errorf("%q is no type of search attribute", typeName)
}

// complete fills in what follows from other options, and refuses what cannot work before anything
// has been started.
func (o *options) complete() error {
	if o.ip == "localhost" {
		o.ip = localIP
	}
	if net.ParseIP(o.ip) == nil {
		return fmt.Errorf("--ip %q is no address", o.ip)
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error", "fatal", "never"}, o.logLevel) {
		return fmt.Errorf("--log-level %q is unknown", o.logLevel)
	}
	if !slices.Contains([]string{"text", "pretty", "json"}, o.logFormat) {
		return fmt.Errorf("--log-format %q is unknown", o.logFormat)
	}
	o.namespaces = slices.Compact(slices.Sorted(slices.Values(append(o.namespaces, "default"))))
	wanted := map[string]int{"--port": o.port, "--metrics-port": o.metricsPort}
	if !o.headless {
		if o.uiPort == 0 {
			o.uiPort = min(o.port+1000, 65535)
		}
		wanted["--ui-port"] = o.uiPort
	}
	for _, option := range slices.Sorted(maps.Keys(wanted)) {
		if port := wanted[option]; port != 0 {
			if err := bindable(o.ip, port); err != nil {
				return fmt.Errorf("%s: %w", option, err)
			}
		}
	}
	return nil
}

func splitPair(text string) (string, string, error) {
	name, value, found := strings.Cut(text, "=")
	if !found || name == "" {
		return name, value, fmt.Errorf("%q is not name=value", text)
	}
	return name, value, nil
}

// dialIP is where this machine reaches a server that may listen on all of its addresses.
func (o *options) dialIP() string {
	if net.ParseIP(o.ip).IsUnspecified() {
		return localIP
	}
	return o.ip
}

func hostPort(ip string, port int) string { return net.JoinHostPort(ip, strconv.Itoa(port)) }

func bindable(ip string, port int) error {
	listener, err := net.Listen("tcp", hostPort(ip, port))
	if err != nil {
		return err
	}
	return listener.Close()
}

// freePort draws from below the range that operating systems use for outgoing connections, so that
// a connection made a moment later cannot take the port away.
func freePort(ip string) (int, error) {
	for range 1000 {
		if port := 12000 + rand.IntN(20000); bindable(ip, port) == nil {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no free port on %s", ip)
}
