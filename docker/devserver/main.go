// Command devserver is a whole Temporal server in one process, on SQLite, with the web UI and a
// Prometheus endpoint. It understands the command line of `temporal server start-dev`, so that the
// test environments of Temporal's SDKs can drive it as well as Ordersaga does.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

const usage = "usage: devserver server start-dev [options]   (or: devserver --version)"

func main() {
	err := run(os.Args[1:], os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(0)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "devserver: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) == 1 && args[0] == "--version" {
		_, err := fmt.Fprintln(out, version())
		return err
	}
	if len(args) < 2 || args[0] != "server" || args[1] != "start-dev" {
		return errors.New(usage)
	}
	opts, err := parseOptions(args[2:])
	if err != nil {
		return err
	}
	return serve(opts, out)
}

// serve runs until the process is asked to stop. A second request ends it at once: somebody who
// presses Ctrl-C twice does not want to wait.
func serve(opts *options, out io.Writer) error {
	requests := make(chan os.Signal, 2)
	signal.Notify(requests, os.Interrupt, syscall.SIGTERM)

	running, err := start(opts)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, version())
	fmt.Fprintf(out, "Server:  %s\n", hostPort(opts.ip, opts.port))
	if !opts.headless {
		fmt.Fprintf(out, "UI:      http://%s\n", hostPort(opts.ip, opts.uiPort))
	}
	if opts.metricsPort != 0 {
		fmt.Fprintf(out, "Metrics: http://%s/metrics\n", hostPort(opts.ip, opts.metricsPort))
	}

	<-requests
	fmt.Fprintln(out, "Stopping ...")
	stopped := make(chan error, 1)
	go func() { stopped <- running.stop() }()
	select {
	case err := <-stopped:
		return err
	case <-requests:
		return errors.New("stopped before the server had shut down")
	}
}

// version reads what was linked in, in the form that `temporal --version` prints.
func version() string {
	versions := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dependency := range info.Deps {
			versions[dependency.Path] = dependency.Version
		}
	}
	return fmt.Sprintf("devserver (Server %s, UI %s)",
		trimV(versions["go.temporal.io/server"]), trimV(versions["github.com/temporalio/ui-server/v2"]))
}

func trimV(version string) string {
	if len(version) > 0 && version[0] == 'v' {
		return version[1:]
	}
	return version
}
