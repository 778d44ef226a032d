package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"syscall"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	sqliteschema "go.temporal.io/server/schema/sqlite"
)

func sqlConfig(opts *options) *config.SQL {
	conf := &config.SQL{PluginName: sqlite.PluginName}
	if opts.database == "" {
		conf.DatabaseName = fmt.Sprintf("devserver-%d", rand.Int64())
		conf.ConnectAttributes = map[string]string{"mode": "memory", "cache": "shared"}
	} else {
		conf.DatabaseName = escaped(opts.database)
		conf.ConnectAttributes = map[string]string{"mode": "rwc"}
	}
	maps.Copy(conf.ConnectAttributes, opts.pragmas)
	return conf
}

// escaped makes a path safe inside the URI that SQLite is opened with.
func escaped(path string) string { return (&url.URL{Path: path}).EscapedPath() }

// prepareDatabase creates tables and namespaces where they are missing. The tables of a new file
// are made under another name first: a server killed half-way leaves no file that looks finished.
func prepareDatabase(opts *options, conf *config.SQL) error {
	if opts.database != "" {
		if _, err := os.Stat(opts.database); errors.Is(err, fs.ErrNotExist) {
			if err := createFile(opts.database); err != nil {
				return fmt.Errorf("the database %s cannot be made: %w", opts.database, err)
			}
		} else if err != nil {
			return err
		}
	}
	for _, name := range opts.namespaces {
		namespace, err := sqliteschema.NewNamespaceConfig(clusterName, name, false, opts.searchAttributes)
		if err != nil {
			return fmt.Errorf("namespace %s: %w", name, err)
		}
		if err := sqliteschema.CreateNamespaces(conf, namespace); err != nil {
			return err
		}
	}
	return nil
}

// lockDatabase keeps a second server away from the file: two would take its only shard from each
// other for ever. The lock ends with the process, however that ends.
func lockDatabase(path string) (*os.File, error) {
	if path == "" {
		return nil, nil
	}
	held, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(held.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("another server uses the database %s", path), held.Close())
	}
	return held, nil
}

func createFile(path string) error {
	unfinished := path + ".new"
	if err := os.Remove(unfinished); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := sqliteschema.SetupSchema(&config.SQL{
		PluginName:        sqlite.PluginName,
		DatabaseName:      escaped(unfinished),
		ConnectAttributes: map[string]string{"mode": "rwc"},
	})
	if err != nil {
		return err
	}
	return os.Rename(unfinished, path)
}
