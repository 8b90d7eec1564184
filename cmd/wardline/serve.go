package main

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/wardline/wardline/internal/config"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/nhs"
	"github.com/wardline/wardline/internal/server"
	"github.com/wardline/wardline/web"
)

type serveCommand struct {
	config.Settings `embed:""`
}

var errODSCode = fault.New(fault.Invalid, "setting_invalid", "organisation has to be an ODS code, such as RXH.")

var errNotBuilt = fault.New(fault.Unavailable, "web_not_built", "This program was built without the web app. Build it with make build.")

// Run serves until it is told to stop.
func (c *serveCommand) Run(ctx context.Context, terminal *terminal, values config.Values) error {
	settings := c.Settings
	settings.Secrets(values)
	if err := settings.Missing(); err != nil {
		return err
	}
	if err := checkData(settings.Data); err != nil {
		return err
	}
	configured, err := serverConfig(settings, logger(terminal, settings))
	if err != nil {
		return err
	}
	s, err := server.Open(ctx, configured)
	if err != nil {
		return explainFounding(settings.Data, err)
	}
	if !web.Built() {
		return errJoin(errNotBuilt, s.Close())
	}
	listener, err := server.Listener{Addr: settings.Listen, Certificate: settings.TLSCertificate, Key: settings.TLSKey}.Listen(ctx)
	if err != nil {
		return errJoin(err, s.Close())
	}
	s.Start(ctx)
	terminal.print("Wardline is at %s\n", configured.Origin)
	return errJoin(s.Serve(ctx, listener), s.Close())
}

// serverConfig turns settings into what a server is made from.
func serverConfig(settings config.Settings, log *slog.Logger) (server.Config, error) {
	site, err := settings.Site()
	if err != nil {
		return server.Config{}, err
	}
	if err := settings.CheckBackup(); err != nil {
		return server.Config{}, err
	}
	recipients, err := parseRecipients(settings.BackupRecipients)
	if err != nil {
		return server.Config{}, err
	}
	code, err := nhs.ParseODSCode(settings.Organisation)
	if err != nil {
		return server.Config{}, errODSCode.Because(err)
	}
	configured := server.Config{
		Data: settings.Data, Database: settings.Database, ShredDatabase: settings.ShredDatabase, Origin: site.Origin, Secure: site.Secure,
		TrustedProxies: site.TrustedProxies, Organisation: code, Web: web.FS(), Assets: assets(), Version: version(), Log: log,
		Backup: server.BackupConfig{
			Directory: settings.BackupDirectory, Recipients: recipients, Every: settings.BackupEvery, Keep: settings.BackupKeep,
			Ledger: settings.BackupLedger, LedgerEvery: settings.BackupLedgerEvery,
		},
	}
	if err := indexConfigs(settings, log, &configured); err != nil {
		return server.Config{}, err
	}
	if err := recordConfig(settings, log, &configured); err != nil {
		return server.Config{}, err
	}
	return configured, nil
}

func authorization(value string) http.Header {
	if value == "" {
		return nil
	}
	return http.Header{"Authorization": {value}}
}

func logger(terminal *terminal, settings config.Settings) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(settings.LogLevel)); err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if settings.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(terminal.err, options))
	}
	return slog.New(slog.NewTextHandler(terminal.err, options))
}
