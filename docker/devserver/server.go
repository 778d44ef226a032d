package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
)

const (
	clusterName = "active"
	store       = "sqlite"
	// One id for ever: a file remembers the id that it was made with, and another one is a warning.
	clusterID = "6f6a3c1e-6c0b-4c57-9f0e-2f3f0f1d7a11"
)

type runningServer struct {
	temporal temporal.Server
	ui       *uiserver.Server
	database *os.File // held, as its lock goes with it
}

func start(opts *options) (*runningServer, error) {
	conf, err := serverConfig(opts)
	if err != nil {
		return nil, err
	}
	held, err := lockDatabase(opts.database)
	if err != nil {
		return nil, err
	}
	if err := prepareDatabase(opts, conf.Persistence.DataStores[store].SQL); err != nil {
		return nil, err
	}
	hosts := map[primitives.ServiceName]static.Hosts{}
	for name, service := range conf.Services {
		ip := localIP
		if name == string(primitives.FrontendService) {
			ip = opts.dialIP()
		}
		hosts[primitives.ServiceName(name)] = static.SingleLocalHost(hostPort(ip, service.RPC.GRPCPort))
	}
	server, err := temporal.NewServer(
		temporal.WithConfig(conf),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(hosts),
		temporal.WithDynamicConfigClient(opts.dynamic),
		temporal.WithLogger(logger(opts)),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper {
			return authorization.NewNoopClaimMapper()
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("the server's configuration was refused: %w", err)
	}
	if err := server.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("the server did not start: %w", err), server.Stop())
	}
	return &runningServer{temporal: server, ui: startUI(opts), database: held}, nil
}

func (s *runningServer) stop() error {
	if s.ui != nil {
		s.ui.Stop()
	}
	err := s.temporal.Stop()
	if s.database != nil {
		err = errors.Join(err, s.database.Close())
	}
	return err
}

// startUI serves in the background; the UI server itself ends the process when it cannot listen.
func startUI(opts *options) *uiserver.Server {
	if opts.headless {
		return nil
	}
	server := uiserver.NewServer(uioptions.WithConfigProvider(&uiconfig.Config{
		Host:                opts.ip,
		Port:                opts.uiPort,
		TemporalGRPCAddress: hostPort(opts.dialIP(), opts.port),
		EnableUI:            true,
		DisableNewsFetch:    true,
		HideLogs:            true,
		Codec: uiconfig.Codec{
			Endpoint:            opts.uiCodecEndpoint,
			IncludeCredentials:  true,
			DefaultErrorMessage: "Sign in at the API to read orders here",
			DefaultErrorLink:    opts.uiCodecEndpoint + "/sign-in",
		},
		CORS:                uiconfig.CORS{CookieInsecure: true},
	}))
	go func() {
		if err := server.Start(); err != nil {
			fmt.Fprintf(os.Stderr, "devserver: the UI ended: %v\n", err)
		}
	}()
	return server
}

func logger(opts *options) log.Logger {
	conf := log.Config{Level: opts.logLevel, Format: "console"}
	if opts.logLevel == "never" {
		conf.Level = "fatal"
	}
	if opts.logFormat == "json" {
		conf.Format = "json"
	}
	return log.NewZapLogger(log.BuildZapLogger(conf))
}

func serverConfig(opts *options) (*config.Config, error) {
	frontend := hostPort(opts.dialIP(), opts.port)
	services, err := serviceConfigs(opts)
	if err != nil {
		return nil, err
	}
	conf := &config.Config{
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{clusterName: {
				Enabled:                true,
				InitialFailoverVersion: 1,
				RPCAddress:             frontend,
				HTTPAddress:            hostPort(opts.dialIP(), services[string(primitives.FrontendService)].RPC.HTTPPort),
				ClusterID:              clusterID,
			}},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		PublicClient:        config.PublicClient{HostPort: frontend},
		Services:            services,
		Persistence: config.Persistence{
			DefaultStore:     store,
			VisibilityStore:  store,
			NumHistoryShards: 1,
			DataStores:       map[string]config.DataStore{store: {SQL: sqlConfig(opts)}},
		},
	}
	conf.Global.Membership.MaxJoinDuration = 30 * time.Second
	conf.Global.Membership.BroadcastAddress = opts.dialIP()
	if opts.metricsPort != 0 {
		conf.Global.Metrics = &metrics.Config{Prometheus: &metrics.PrometheusConfig{
			ListenAddress: hostPort(opts.ip, opts.metricsPort),
			HandlerPath:   "/metrics",
		}}
	}
	conf.Archival.History.State = config.ArchivalDisabled
	conf.Archival.Visibility.State = config.ArchivalDisabled
	conf.NamespaceDefaults.Archival.History.State = config.ArchivalDisabled
	conf.NamespaceDefaults.Archival.Visibility.State = config.ArchivalDisabled
	return conf, nil
}

// serviceConfigs gives the frontend the address that was asked for, and every other listener a free
// port that only this machine can reach.
func serviceConfigs(opts *options) (map[string]config.Service, error) {
	services := map[string]config.Service{}
	for _, name := range temporal.DefaultServices {
		port, err := freePort(localIP)
		if err != nil {
			return nil, err
		}
		rpc := config.RPC{GRPCPort: port, BindOnIP: localIP}
		if name == string(primitives.FrontendService) {
			rpc = config.RPC{GRPCPort: opts.port, HTTPPort: port, BindOnIP: opts.ip}
		}
		services[name] = config.Service{RPC: rpc}
	}
	return services, nil
}
