// Package client is Wardline without a screen: the whole protocol of docs/protocol.md from a member's side, in Go. The demonstration, importers, load
// tests and scenarios use it; to the server it is a client like any other.
//
//   - client.go     Client: where the server is, and what this machine remembers without a password
//   - request.go    requests and answers; problem.go what can go wrong
//   - link.go, enrol.go, signin.go, account.go, device.go   from a link or a password to opened keys; totp.go codes
//   - session.go    Session: one person on one device; lock, unlock, end; vault.go bookmarks in the vault; revoke.go ending devices; unlocker.go passwords changed
//   - people.go     the directory and the verified logs of people; manifest.go the chain of manifests
//   - thread.go, view.go   a thread as it was verified, and as it is shown
//   - sync.go, take.go, epoch.go, destroyed.go   catching up: the log, what its entries mean, keys, what is gone
//   - create.go, patient.go, member.go, grant.go, rotate.go   starting threads, members, history, new epochs
//   - freeze.go, contradiction.go, continuation.go   a log that contradicts itself: nothing is sent, it is reported, the talk goes on elsewhere
//   - complaint.go   keys that do not open: saying so, and giving them to whoever says so
//   - inner.go, send.go, outbox.go   messages out
//   - document.go, filing.go   decisions to the record; hold.go holds
//   - live.go, frame.go   the live connection
//   - search.go, mark.go  what is here, how far people got
//   - officer.go, held.go disclosure, and proof of what can still be opened
//
// Invariants. Nothing that a server says is believed before it has been verified: the manifest chain against a pin, each person's log against the
// chain, each membership entry, epoch record and message against those logs, each log against what was seen before. A check that
// fails is an [envelope.Refusal] in the error's chain; after it, nothing has changed. A thread whose log contradicts itself, or what was seen of it
// before, is frozen for good; anything else is asked for again with the next sync. What only a
// member can have got wrong (a message that does not open, an envelope with garbage) is shown as refused and does not stop the
// thread. A message is sealed again only after a definite refusal; after a lost answer the client asks first. Locking drops every key and every
// text; what remains is the device's key, ciphertext that waits to be sent, and hashes.
//
// Locks and goroutines. Session.mu is held by every call, network included: a session does one thing at a time. A live connection has three goroutines:
// its reader gives answers to whoever waits for them, under Live.mu and never under Session.mu, because the waiter holds that, and queues all else;
// its worker takes what is queued into the session; the third hands events out. Live.mu and the queues' are taken inside Session.mu, never around it.
//
// In short:
//
//	c, err := client.New(client.Config{BaseURL: "https://wardline.example.nhs.uk"})
//	s, err := c.SignIn(ctx, "anita.patel", password, code, client.DeviceOptions{Label: "Importer"})
//	err = s.Sync(ctx)
//	thread, err := s.CreateTeam(ctx, "Ward 7B", people, client.TeamOptions{})
//	message, err := s.Send(ctx, thread, "Handover at 20:30.")
package client
