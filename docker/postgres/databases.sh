#!/bin/sh
# Run once by the Postgres image on an empty data folder: a role and databases for each of the two
# who share this server. Passwords come in as data, never as SQL text.
set -eu

role() { # role NAME PASSWORD DATABASE...
    name=$1
    password=$2
    shift 2
    for database in "$@"; do
        psql --username postgres --no-psqlrc --set ON_ERROR_STOP=1 \
            --set "name=$name" --set "password=$password" --set "database=$database" <<-'SQL'
			SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', :'name', :'password')
			WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
			CREATE DATABASE :"database" OWNER :"name";
			REVOKE CONNECT ON DATABASE :"database" FROM PUBLIC;
		SQL
    done
}

role ordersaga "$ORDERSAGA_DB_PASSWORD" ordersaga
role temporal "$TEMPORAL_DB_PASSWORD" temporal temporal_visibility
