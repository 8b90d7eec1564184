package server

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/wardline/wardline/internal/fault"
)

var errPlain = fault.New(fault.Invalid, "plain_http",
	"Plain HTTP is for this machine only. Give a certificate and key, or listen on a loopback address behind a proxy that has them.")

// Listener is how a server is reached.
type Listener struct {
	Addr        string
	Certificate string // files; both or neither
	Key         string
}

// Listen opens the listener: TLS with a certificate pair, plain on loopback only.
func (l Listener) Listen(ctx context.Context) (net.Listener, error) {
	var listen net.ListenConfig
	if l.Certificate == "" && l.Key == "" {
		if err := onlyLoopback(l.Addr); err != nil {
			return nil, err
		}
		return listen.Listen(ctx, "tcp", l.Addr)
	}
	pair, err := tls.LoadX509KeyPair(l.Certificate, l.Key)
	if err != nil {
		return nil, fault.New(fault.Invalid, "certificate_unusable", "The certificate and key cannot be used together.").Because(err)
	}
	plain, err := listen.Listen(ctx, "tcp", l.Addr)
	if err != nil {
		return nil, err
	}
	// HTTP/1.1 only: WebSocket upgrades need it, and the API gains nothing from HTTP/2.
	return tls.NewListener(plain, &tls.Config{
		Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
	}), nil
}

func onlyLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return errPlain.Because(err)
	}
	if host == "localhost" {
		return nil
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return errPlain
	}
	return nil
}

// Serve serves on a listener until ctx ends, then lets requests in hand finish.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	web := &http.Server{
		Handler: s, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	s.hub.Close()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	err := web.Shutdown(stopping)
	if served := <-failed; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
