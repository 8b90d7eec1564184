package identity

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// maxUnlockers is how many a vault lists (section 5.2 of docs/protocol.md).
const maxUnlockers = 16

var (
	errUnlockers    = fault.New(fault.Invalid, "unlockers_malformed", "These changes do not fit together. Nothing was changed.")
	errLastUnlocker = fault.New(fault.Conflict, "last_unlocker", "This is the last way to open your messages. Please add another one first.")
)

// UnlockerChange is what a browser sends to add an unlocker, to remove some, to renew the keys, or several of these at once (section 5.7 of
// docs/protocol.md).
type UnlockerChange struct {
	Add    *NewUnlocker
	Remove []id.Unlocker
	Vault  []byte   // sealed, the next version
	Wraps  [][]byte // signed: the added one's, or with new keys that of every unlocker there will be
	// Identity is sealed under the new account key and Generation the signed log entry: both with new keys, which a removal needs, and only then.
	Identity   []byte
	Generation []byte
}

// rotates says whether the change comes with new keys.
func (c *UnlockerChange) rotates() bool {
	return len(c.Remove) > 0 || len(c.Identity) > 0 || len(c.Generation) > 0
}

// NewUnlocker is an unlocker to be added, with what its kind needs.
type NewUnlocker struct {
	Unlocker id.Unlocker
	Kind     envelope.UnlockerKind
	Blob     []byte
	Label    string
	Password *NewPassword
	PIN      *NewPIN
}

// NewPassword is a password that was set by somebody who is signed in. Share is drawn by their browser.
type NewPassword struct {
	AuthKey   []byte
	Salt      []byte // empty: the one that sign-in answers for the name
	MemoryKiB uint32
	Passes    uint32
	Share     []byte
}

// NewPIN is a PIN for the session's own device.
type NewPIN struct {
	Verifier []byte
	Share    []byte
}

// OwnUnlocker is one of a person's ways in, as their list shows it.
type OwnUnlocker struct {
	Unlocker   id.Unlocker // zero: a passkey that opens nothing
	Kind       envelope.UnlockerKind
	Label      string
	Device     id.Device // of a PIN
	Credential []byte    // of a passkey
	AddedAt    time.Time
	LastUsedAt time.Time // zero: never
	Current    bool      // it opened this session
	Gone       bool      // a PIN that was destroyed and is still listed in the vault
}

// Unlockers lists the ways in: those that open the vault, and the passkeys that do not.
func (s *Service) Unlockers(ctx context.Context, session Session) (unlockers, without []OwnUnlocker, err error) {
	_, stored, _, err := s.store.Vault(ctx, session.Person)
	if err != nil {
		return nil, nil, err
	}
	passkeys, err := s.store.PasskeysOf(ctx, session.Person)
	if err != nil {
		return nil, nil, err
	}
	pins, err := s.store.PINsOf(ctx, session.Person)
	if err != nil {
		return nil, nil, err
	}
	credentials := map[id.Unlocker][]byte{}
	for _, passkey := range passkeys {
		if !passkey.Unlocker.IsZero() {
			credentials[passkey.Unlocker] = passkey.Credential
			continue
		}
		without = append(without, OwnUnlocker{
			Kind: envelope.UnlockerPasskey, Label: passkey.Label, Credential: passkey.Credential, AddedAt: passkey.AddedAt, LastUsedAt: passkey.LastUsedAt,
		})
	}
	for _, u := range stored {
		unlockers = append(unlockers, OwnUnlocker{
			Unlocker: u.Unlocker, Kind: u.Kind, Label: u.Label, Device: u.Device, Credential: credentials[u.Unlocker], AddedAt: u.AddedAt, LastUsedAt: u.LastUsedAt,
			Current: u.Unlocker == session.Unlocker, Gone: u.Kind == envelope.UnlockerPIN && !slices.Contains(pins, u.Unlocker),
		})
	}
	return unlockers, without, nil
}

// ChangeUnlockers adds, removes or replaces a password or a PIN, removes a passkey's unlocker, or renews the keys, which also ends the exposure that a lost
// device left. A removal comes with new keys: the wraps of the old account key, the removed blobs and whatever they were compared with are deleted, and the
// person's other sessions are locked, all in one transaction.
func (s *Service) ChangeUnlockers(ctx context.Context, session Session, change UnlockerChange) (version uint64, err error) {
	if change.Add != nil && change.Add.Kind == envelope.UnlockerPasskey {
		return 0, errUnlockers.With("field", "add") // it comes with its registration
	}
	return s.change(ctx, session, change, nil)
}

func (s *Service) change(ctx context.Context, session Session, change UnlockerChange, passkey *StoredPasskey) (uint64, error) {
	if err := s.proved(session); err != nil {
		return 0, err
	}
	plan, err := s.planChange(ctx, session, change, passkey)
	if err != nil {
		return 0, err
	}
	var locked []id.Session
	err = s.store.Atomically(ctx, func(ctx context.Context) error {
		locked, err = s.carryOut(ctx, session, plan)
		return err
	})
	if err != nil {
		return 0, err
	}
	if plan.rotates {
		s.grew(plan.state, nil)
	}
	for _, other := range locked {
		s.events.SessionLocked(other)
	}
	return plan.vault.Version, nil
}

// changePlan is a change that has been checked against what was there when it came.
type changePlan struct {
	session  Session
	there    []StoredUnlocker
	state    *envelope.PersonState
	previous id.Hash // of the vault that is replaced
	vault    StoredVault
	rotates  bool
	entry    Entry // the new generation
	write    StoredChange
}

func (s *Service) planChange(ctx context.Context, session Session, change UnlockerChange, passkey *StoredPasskey) (*changePlan, error) {
	p := &changePlan{session: session, rotates: change.rotates(), write: StoredChange{Person: session.Person, Remove: change.Remove, Passkey: passkey}}
	present, there, found, err := s.store.Vault(ctx, session.Person)
	if err == nil && !found {
		err = errNoVault
	}
	if err != nil {
		return nil, err
	}
	p.there = there
	if p.state, err = s.fresh(ctx, session.Person); err != nil {
		return nil, err
	}
	if err := p.nextVault(present, change); err != nil {
		return nil, err
	}
	if err := p.remove(change); err != nil {
		return nil, err
	}
	if err := s.planAdding(p, change.Add); err != nil {
		return nil, err
	}
	if err := p.rewrap(change.Wraps); err != nil {
		return nil, err
	}
	if p.rotates {
		err = s.planGeneration(p, change)
	} else if change.Add == nil {
		err = errUnlockers
	}
	return p, err
}

// nextVault checks that the vault is the one after the present one, under the account key that there will be.
func (p *changePlan) nextVault(present StoredVault, change UnlockerChange) error {
	next, err := envelope.Parse[envelope.SealedVault](change.Vault)
	if err != nil {
		return err
	}
	generation := present.AKGeneration
	if p.rotates {
		generation++
	}
	switch {
	case next.Person != p.write.Person:
		return errUnlockers.With("field", "vault")
	case next.Version != present.Version+1 || next.Previous != present.Hash:
		return errVaultMoved.With("version", present.Version)
	case next.AKGeneration != generation:
		return errUnlockers.With("field", "vault")
	}
	hash, err := envelope.HashBytes(change.Vault)
	p.previous = present.Hash
	p.vault = StoredVault{
		Person: next.Person, AKGeneration: generation, Version: next.Version, Hash: hash, SealedVault: change.Vault, SealedIdentity: present.SealedIdentity,
	}
	return err
}

// remove takes the removed unlockers off the list.
func (p *changePlan) remove(change UnlockerChange) error {
	if len(change.Remove) == 0 {
		return nil
	}
	p.there = slices.Clone(p.there)
	for _, removed := range change.Remove {
		at := slices.IndexFunc(p.there, isUnlocker(removed))
		if at < 0 {
			return errUnlockers.With("field", "remove")
		}
		if p.there[at].Kind == envelope.UnlockerPassword {
			p.write.RemovePassword = true
		}
		p.there = slices.Delete(p.there, at, at+1)
	}
	opens := func(u StoredUnlocker) bool { return u.Kind != envelope.UnlockerPIN }
	if !slices.ContainsFunc(p.there, opens) && (change.Add == nil || change.Add.Kind == envelope.UnlockerPIN) {
		return errLastUnlocker
	}
	return nil
}

// planAdding checks the added unlocker, and makes what is kept of it.
func (s *Service) planAdding(p *changePlan, add *NewUnlocker) error {
	if add == nil {
		return nil
	}
	blob, err := envelope.Parse[envelope.UnlockerBlob](add.Blob)
	if err != nil {
		return err
	}
	label, ok := tidyLabel(add.Label)
	switch {
	case !ok:
		return errUnlockerLabel
	case blob.Person != p.write.Person || blob.Unlocker != add.Unlocker || blob.Kind != add.Kind:
		return errUnlockers.With("field", "blob")
	case slices.ContainsFunc(p.there, isUnlocker(add.Unlocker)), slices.Contains(p.write.Remove, add.Unlocker), add.Unlocker.IsZero(), len(p.there) >= maxUnlockers:
		return errUnlockers.With("field", "add")
	case (add.Password != nil) != (add.Kind == envelope.UnlockerPassword), (add.PIN != nil) != (add.Kind == envelope.UnlockerPIN),
		(p.write.Passkey != nil) != (add.Kind == envelope.UnlockerPasskey):
		return errUnlockers.With("field", "kind")
	}
	p.write.Add = &StoredUnlocker{Unlocker: add.Unlocker, Kind: add.Kind, Blob: add.Blob, Label: label, AddedAt: s.now()}
	switch add.Kind {
	case envelope.UnlockerPassword:
		return s.planPassword(p, add.Password)
	case envelope.UnlockerPIN:
		return s.planPIN(p, add)
	}
	passkey := *p.write.Passkey
	passkey.Unlocker = add.Unlocker
	p.write.Passkey = &passkey
	return nil
}

func (s *Service) planPassword(p *changePlan, password *NewPassword) error {
	if len(password.AuthKey) != 32 || len(password.Share) != vaultShareSize || slices.ContainsFunc(p.there, isKind(envelope.UnlockerPassword)) {
		return errUnlockers.With("field", "password")
	}
	person := p.write.Person
	wanted := s.stretchingOf(foldName(p.session.UserName))
	// Anything weaker is a downgrade, and anything else would tell a stranger that something has changed.
	if password.MemoryKiB != wanted.MemoryKiB || password.Passes != wanted.Passes || len(password.Salt) > 0 && !slices.Equal(password.Salt, wanted.Salt[:]) {
		return errParameters
	}
	account := &Account{Profile: Profile{Person: person}, Salt: wanted.Salt, MemoryKiB: wanted.MemoryKiB, Passes: wanted.Passes}
	account.AuthKey, account.KeyVersion = s.authKeyDigest(person, password.AuthKey)
	account.VaultShare = s.keys.Login.Seal(useVaultShare, person[:], password.Share)
	p.write.Password = account
	return nil
}

func (s *Service) planPIN(p *changePlan, add *NewUnlocker) error {
	here := func(u StoredUnlocker) bool { return u.Kind == envelope.UnlockerPIN && u.Device == p.session.Device }
	if len(add.PIN.Verifier) != 32 || len(add.PIN.Share) != 32 || slices.ContainsFunc(p.there, here) {
		return errUnlockers.With("field", "pin")
	}
	p.write.Add.Device = p.session.Device
	p.write.PIN = s.newPIN(p.session, add.Unlocker, add.PIN.Verifier, add.PIN.Share)
	return nil
}

// rewrap checks that the wraps are those of the account key that there will be, one for each unlocker that needs one and none besides.
func (p *changePlan) rewrap(wraps [][]byte) error {
	needed := map[id.Unlocker]bool{}
	if p.rotates {
		for _, u := range p.there {
			needed[u.Unlocker] = true
		}
	}
	if p.write.Add != nil {
		needed[p.write.Add.Unlocker] = true
	}
	if len(wraps) != len(needed) {
		return errUnlockers.With("field", "wraps")
	}
	p.write.Wraps = map[id.Unlocker][]byte{}
	for _, wrap := range wraps {
		unlocker, err := checkWrap(p.state, p.vault.AKGeneration, wrap)
		if err != nil || !needed[unlocker] {
			return errUnlockers.With("field", "wraps").Because(err)
		}
		delete(needed, unlocker) // each once
		if p.write.Add != nil && unlocker == p.write.Add.Unlocker {
			p.write.Add.AKWrap = wrap
			continue
		}
		p.write.Wraps[unlocker] = wrap
	}
	return nil
}

// planGeneration checks what a new account key comes with: the identity's seed under it, and the person's next sealing key.
func (s *Service) planGeneration(p *changePlan, change UnlockerChange) error {
	sealed, err := envelope.Parse[envelope.SealedIdentity](change.Identity)
	if err != nil {
		return err
	}
	if sealed.Person != p.write.Person || sealed.Identity != p.state.Identity() || sealed.AKGeneration != p.vault.AKGeneration {
		return errUnlockers.With("field", "identity")
	}
	p.vault.SealedIdentity = change.Identity
	signed, err := envelope.Parse[envelope.Signed](change.Generation)
	if err != nil {
		return err
	}
	if kind, err := signed.Kind(); err != nil || kind != envelope.TypeGeneration {
		return errUnlockers.With("field", "generation").Because(err)
	}
	p.entry, _, err = s.admit(p.state, p.write.Person, Appending{Entry: change.Generation})
	return err
}

// carryOut writes a change inside a transaction. What the plan was made from is there unchanged if the vault is.
func (s *Service) carryOut(ctx context.Context, session Session, p *changePlan) (locked []id.Session, err error) {
	now := s.now()
	event := audit.Event{Kind: audit.VaultChanged, Actor: session.Person, Subject: audit.About(session.Person), At: now,
		Details: map[string]string{"version": strconv.FormatUint(p.vault.Version, 10), "hash": p.vault.Hash.String()}}
	replaced, err := s.store.ReplaceVault(ctx, p.vault, p.previous, event)
	if err == nil && !replaced {
		err = errVaultMoved
	}
	if err != nil {
		return nil, err
	}
	if err := s.store.ChangeUnlockers(ctx, p.write, p.events(now)); err != nil {
		return nil, err
	}
	if !p.rotates {
		return nil, nil
	}
	if _, appended, err := s.store.AppendEntry(ctx, p.entry, Effect{}, s.entryEvents(session.Person, p.entry, Effect{})); err != nil || !appended {
		if err == nil {
			err = errLogMoved
		}
		return nil, err
	}
	locking := audit.Event{Kind: audit.Lock, Actor: session.Person, Subject: audit.About(session.Person), At: now, Details: map[string]string{"why": "keys_changed"}}
	return s.store.LockOthers(ctx, session.Person, session.ID, now, locking)
}

func (p *changePlan) events(at time.Time) (events []audit.Event) {
	note := func(kind audit.Kind, details map[string]string) {
		events = append(events, audit.Event{Kind: kind, Actor: p.write.Person, Subject: audit.About(p.write.Person), At: at, Details: details})
	}
	if p.write.Add != nil {
		note(audit.UnlockerAdded, map[string]string{"unlocker": p.write.Add.Unlocker.String(), "kind": p.write.Add.Kind.String()})
	}
	for _, removed := range p.write.Remove {
		note(audit.UnlockerRemoved, map[string]string{"unlocker": removed.String()})
	}
	if p.write.Passkey != nil {
		note(audit.PasskeyAdded, passkeyDetails(p.write.Passkey.Credential))
	}
	return events
}
