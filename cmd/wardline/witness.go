package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/wardline/wardline/internal/clock"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// witnessCommand watches a log from outside the hospital: it needs no account, and keeps what the log was.
type witnessCommand struct {
	Server   string        `required:"" placeholder:"URL" help:"The server, such as https://wardline.example.nhs.uk."`
	State    string        `required:"" placeholder:"FILE" help:"What was seen before; made when it is not there."`
	Key      string        `placeholder:"FINGERPRINT" help:"Fingerprint of the root manifest, as the founding printed it; without it, the first answer is believed."`
	Cosign   string        `placeholder:"FILE" help:"The witness's own signing key (a note key); each good checkpoint is printed with its signature. Made when it is not there."`
	Export   string        `placeholder:"FILE" help:"The whole log, as the server's operator saved it with \"wardline verify --save\": each leaf is checked, and that it is the log that was watched."`
	Interval time.Duration `help:"Look again after so long, until a problem is found; 0 looks once."`
}

// witnessState is what a witness remembers.
type witnessState struct {
	Server   string  `json:"server"`
	Manifest id.Hash `json:"manifest"` // version 1, under which everything else must verify
	Version  uint32  `json:"version"`  // the newest version that was there, and its fingerprint
	Newest   id.Hash `json:"newest"`
	Size     uint64  `json:"size"`
	Root     id.Hash `json:"root"`
	Note     string  `json:"note"`
}

const (
	witnessProblem     = 1
	witnessUnreachable = 2
	witnessMistyped    = 3
	witnessTime        = 30 * time.Second
	maxWitnessed       = 8 << 20
)

// exitError is an error with an exit code of its own.
type exitError struct {
	error
	code int
}

func (e *exitError) Unwrap() error { return e.error }

var (
	errWitness   = fault.New(fault.Conflict, "log_contradicts", "The log is not what it was, or not signed as it must be. Both sides of it have been kept.")
	errWitnessed = fault.New(fault.Unavailable, "server_unreachable", "The server gave no answer that says anything.")
	errPinned    = fault.New(fault.Invalid, "fingerprint_invalid",
		"This key is not the log's: check how it was typed. A fingerprint is 16 groups of four of the digits 0 to 9 and a to f, or 43 letters, digits, - and _.")
	errOtherKey = fault.New(fault.Invalid, "fingerprint_of_another_log",
		"This key is not the log's: check how it was typed. Nothing contradicts what was seen of the log before.")
	errOtherServer = fault.New(fault.Invalid, "fingerprint_of_another_log",
		"This key is not the log's: check how it was typed. If it is as on the sheet, this is not the server that was founded with it: believe nothing that it says.")
	errCosign = fault.New(fault.Invalid, "witness_key_unreadable",
		"The witness's own key in this file cannot be read. It is one line, as the witness made it; move the file away to have another made.")
	errOtherLog = fault.New(fault.Invalid, "state_of_another_server", "That state file belongs to another server.")
)

// Run looks once, or again and again.
func (c *witnessCommand) Run(ctx context.Context, terminal *terminal) error {
	if err := c.once(ctx, terminal); err != nil || c.Interval <= 0 {
		return err
	}
	for {
		if err := clock.Until(ctx, clock.System{}, clock.System{}.Now().Add(c.Interval)); err != nil {
			return nil
		}
		err := c.once(ctx, terminal)
		exit, ours := errors.AsType[*exitError](err)
		switch {
		case ctx.Err() != nil:
			return nil
		case ours && exit.code == witnessUnreachable:
			explain(terminal.err, exit.error) // it may come back
		case err != nil:
			return err
		}
	}
}

func (c *witnessCommand) once(ctx context.Context, terminal *terminal) error {
	ctx, cancel := context.WithTimeout(ctx, witnessTime)
	defer cancel()
	pinned, err := c.pinned()
	if err != nil {
		return err
	}
	state, err := c.load()
	if err != nil {
		return err
	}
	chain, err := c.manifests(ctx)
	if err != nil {
		return err
	}
	manifests, err := envelope.CheckManifestChain(envelope.Pin{Version: state.Version, Fingerprint: state.Newest}, chain...)
	if err != nil {
		return c.problem(state, "", err)
	}
	first, err := chain[0].Hash()
	if err != nil {
		return c.problem(state, "", err)
	}
	if err := c.checkPin(state, manifests, first, pinned); err != nil {
		return err
	}
	var answer struct {
		Checkpoint  string   `json:"checkpoint"`
		Consistency [][]byte `json:"consistency"`
	}
	if err := c.get(ctx, fmt.Sprintf("/v1/log/checkpoint?from=%d", state.Size), &answer); err != nil {
		return err
	}
	checkpoint, err := c.check(state, manifests, answer.Checkpoint, answer.Consistency)
	if err != nil {
		return c.problem(state, answer.Checkpoint, err)
	}
	before := state.Size
	pin := manifests.Pin()
	state = witnessState{c.Server, first, pin.Version, pin.Fingerprint, checkpoint.Size, checkpoint.Root, answer.Checkpoint}
	if err := c.readExport(ctx, terminal, state, manifests); err != nil {
		return err
	}
	if err := writeAtomically(c.State, state); err != nil {
		return err
	}
	terminal.print("The log has %d leaves and had %d: nothing was taken away or changed. Signed %s.\n", checkpoint.Size, before,
		checkpoint.At.Time().Format(time.RFC3339))
	return c.cosign(terminal, answer.Checkpoint, manifests)
}

func (c *witnessCommand) load() (state witnessState, err error) {
	raw, err := os.ReadFile(c.State)
	if errors.Is(err, fs.ErrNotExist) {
		return state, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &state)
	}
	if err == nil && state.Server != c.Server {
		err = errOtherLog.With("server", state.Server)
	}
	return state, err
}

// pinned is the key that was given; zero for none. A key that is none is said to be one before anybody is asked anything.
func (c *witnessCommand) pinned() (pinned id.Hash, err error) {
	if c.Key != "" {
		if pinned, err = parseFingerprint(c.Key); err != nil {
			err = &exitError{err, witnessMistyped}
		}
	}
	return pinned, err
}

// checkPin holds the chain against what was there the first time, and then against the key that was given. The first is the server's doing. The second is most often
// a slip of the pen: where the log was watched before and is the same, it can be nothing else; where it was not, it may be another server.
func (c *witnessCommand) checkPin(state witnessState, manifests *envelope.Manifests, first, pinned id.Hash) error {
	watched := !state.Manifest.IsZero()
	if watched && state.Manifest != first {
		return c.problem(state, "", errors.New("the server has another root manifest than before"))
	}
	if pinned.IsZero() {
		return nil
	}
	if _, ok := manifests.ByHash(pinned); ok {
		return nil
	}
	said := errOtherServer
	if watched {
		said = errOtherKey
	}
	return &exitError{said.With("given", pinned.String()).With("there", manifests.Pin().Fingerprint.String()), witnessMistyped}
}

func (c *witnessCommand) check(state witnessState, manifests *envelope.Manifests, signed string, proof [][]byte) (envelope.Checkpoint, error) {
	checkpoint, err := envelope.OpenCheckpoint([]byte(signed), manifests.Current().ServerKey(envelope.PurposeAudit))
	if err != nil || state.Size == 0 {
		return checkpoint, err
	}
	hashes, err := hashesIn(proof)
	if err != nil {
		return checkpoint, err
	}
	return checkpoint, envelope.CheckLogGrew(envelope.LogHead{Size: state.Size, Root: state.Root}, checkpoint.LogHead, hashes)
}

func hashesIn(proof [][]byte) ([]id.Hash, error) {
	hashes := make([]id.Hash, len(proof))
	for n, hash := range proof {
		if len(hash) != len(hashes[n]) {
			return nil, errors.New("a proof that is none")
		}
		hashes[n] = id.Hash(hash)
	}
	return hashes, nil
}

func (c *witnessCommand) manifests(ctx context.Context) ([]*envelope.Signed, error) {
	var body struct {
		Manifests [][]byte `json:"manifests"`
	}
	if err := c.get(ctx, "/v1/log/manifests", &body); err != nil {
		return nil, err
	}
	if len(body.Manifests) == 0 {
		return nil, &exitError{errWitnessed, witnessUnreachable}
	}
	chain := make([]*envelope.Signed, len(body.Manifests))
	for n, raw := range body.Manifests {
		var err error
		if chain[n], err = envelope.Parse[envelope.Signed](raw); err != nil {
			return nil, c.problem(witnessState{}, "", err)
		}
	}
	return chain, nil
}

func (c *witnessCommand) get(ctx context.Context, path string, into any) error {
	unreachable := func(err error) error { return &exitError{errWitnessed.Because(err), witnessUnreachable} }
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(c.Server, "/")+path, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return unreachable(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxWitnessed))
	if err != nil {
		return unreachable(err)
	}
	if response.StatusCode != http.StatusOK {
		return unreachable(fmt.Errorf("status %d", response.StatusCode))
	}
	if err := json.Unmarshal(body, into); err != nil {
		return unreachable(err)
	}
	return nil
}

// problem keeps both notes beside the state, which stays as it was. "wardline verify evidence" reads the file.
func (c *witnessCommand) problem(state witnessState, found string, cause error) error {
	file := c.State + ".problem"
	evidence := envelope.Evidence{Code: string(envelope.CodeOf(cause)), Seen: []byte(state.Note), Shown: []byte(found)}
	if evidence.Code == "" {
		evidence.Code = "log_contradicts"
	}
	if err := os.WriteFile(file, []byte(evidence.Text()), 0o600); err != nil {
		cause = errors.Join(cause, err)
	}
	return &exitError{errWitness.With("file", file).Because(cause), witnessProblem}
}

// cosign prints the checkpoint with the witness's signature under the server's.
func (c *witnessCommand) cosign(terminal *terminal, signed string, manifests *envelope.Manifests) error {
	if c.Cosign == "" {
		return nil
	}
	secret, err := os.ReadFile(c.Cosign)
	if errors.Is(err, fs.ErrNotExist) {
		made, public, failed := note.GenerateKey(rand.Reader, "wardline-witness")
		if failed != nil {
			return failed
		}
		terminal.print("The witness's public key is %s\n", public)
		secret, err = []byte(made+"\n"), writeNew(c.Cosign, made+"\n", 0o600)
	}
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(strings.TrimSpace(string(secret)))
	if err != nil {
		return &exitError{errCosign.With("file", c.Cosign), witnessMistyped}
	}
	key := manifests.Current().ServerKey(envelope.PurposeAudit)
	text, err := note.NewEd25519VerifierKey(envelope.CheckpointOrigin, key[:])
	if err != nil {
		return err
	}
	server, err := note.NewVerifier(text)
	if err != nil {
		return err
	}
	opened, err := note.Open([]byte(signed), note.VerifierList(server))
	if err != nil {
		return err
	}
	both, err := note.Sign(opened, signer)
	if err != nil {
		return err
	}
	terminal.print("%s", both)
	return nil
}

// writeAtomically replaces a file, or leaves it as it was.
func writeAtomically(path string, value any) error {
	encoded, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	next, err := os.CreateTemp(filepath.Dir(path), ".witness-*")
	if err != nil {
		return err
	}
	defer os.Remove(next.Name())
	_, err = next.Write(append(encoded, '\n'))
	if err = errors.Join(err, next.Sync(), next.Close()); err != nil {
		return err
	}
	return os.Rename(next.Name(), path)
}
