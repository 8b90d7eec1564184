package client

import (
	"bytes"
	"context"
	"slices"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
)

// Unlocker is one way to open the person's vault.
type Unlocker struct {
	Unlocker id.Unlocker
	Kind     envelope.UnlockerKind
	Added    envelope.Time
}

// Unlockers are the ways that the vault itself lists: whatever a server says, nothing else opens it.
func (s *Session) Unlockers() ([]Unlocker, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var all []Unlocker
	for _, one := range s.secrets.vault.Unlockers {
		all = append(all, Unlocker{one.Unlocker, one.Kind, one.Added})
	}
	return all, nil
}

// Confirm proves the person again, which changing how they sign in needs every ten minutes.
func (s *Session) Confirm(ctx context.Context, password string) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.mu.Unlock()
	stretched, err := s.client.stretchFor(ctx, s.requests, s.profile.UserName, password)
	if err != nil {
		return err
	}
	authKey := stretched.AuthKey()
	return s.call(ctx, "POST", "/v1/session/unlock", map[string]any{"authKey": authKey[:]}, nil)
}

// ChangePassword replaces the password. The account key and the sealing key are new afterwards, so that whoever knows the old password opens nothing that
// comes later, and the person's other sessions are locked. After a lost answer this session is locked too: one of the two passwords opens it.
func (s *Session) ChangePassword(ctx context.Context, password string) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.mu.Unlock()
	return s.changeUnlockers(ctx, func(r *rotation) error {
		at := slices.IndexFunc(r.vault.Unlockers, func(u envelope.Unlocker) bool { return u.Kind == envelope.UnlockerPassword })
		if at >= 0 {
			r.remove(at)
		}
		return r.addPassword(ctx, password)
	})
}

// RemoveUnlocker removes one of the ways to open the vault, as ChangePassword does. The last cannot be removed.
func (s *Session) RemoveUnlocker(ctx context.Context, unlocker id.Unlocker) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.mu.Unlock()
	return s.changeUnlockers(ctx, func(r *rotation) error {
		at := slices.IndexFunc(r.vault.Unlockers, func(u envelope.Unlocker) bool { return u.Unlocker == unlocker })
		if at < 0 {
			return ErrUnlockerUnknown
		}
		r.remove(at)
		return nil
	})
}

// changeUnlockers makes a rotation and posts it, anew when another session of the person was faster.
func (s *Session) changeUnlockers(ctx context.Context, change func(*rotation) error) error {
	for try := 1; ; try++ {
		r, err := s.newRotation(change)
		if err != nil {
			return err
		}
		err = s.call(ctx, "POST", "/v1/unlockers", &r.body, nil)
		switch {
		case err == nil:
			return r.take()
		case uncertain(err):
			s.shut() // it may have been made, and then the keys here are old
			return err
		case !hasCode(err, "vault_moved", string(envelope.BrokenChain)) || try == tries:
			return err
		}
		if err := s.fetchVault(ctx); err != nil {
			return err
		}
		if err := s.refreshPeople(ctx, s.person); err != nil {
			return err
		}
	}
}

// rotation is a change of unlockers before the server has it: section 5.7 of docs/protocol.md.
type rotation struct {
	s        *Session
	identity *envelope.SeedSigner
	vault    *envelope.Vault // the next
	body     changePost

	key        *envelope.AccountKey
	sealed     *envelope.SealedIdentity
	opened     *envelope.OpenedVault
	generation *envelope.Signed
}

type changePost struct {
	Add        *addPost      `json:"add,omitempty"`
	Remove     []id.Unlocker `json:"remove,omitempty"`
	Vault      []byte        `json:"vault"`
	Wraps      [][]byte      `json:"wraps"`
	Identity   []byte        `json:"identity,omitempty"`
	Generation []byte        `json:"generation,omitempty"`
}

type addPost struct {
	Unlocker id.Unlocker   `json:"unlocker"`
	Kind     string        `json:"kind"`
	Blob     []byte        `json:"blob"`
	Label    string        `json:"label"`
	Password *passwordPost `json:"password,omitempty"`
}

type passwordPost struct {
	AuthKey   []byte `json:"authKey"`
	Salt      []byte `json:"salt"`
	MemoryKiB uint32 `json:"memoryKiB"`
	Passes    uint32 `json:"passes"`
	Share     []byte `json:"share"`
}

// newRotation makes everything new. The identity's key lives as long as the rotation.
func (s *Session) newRotation(change func(*rotation) error) (*rotation, error) {
	next, _ := s.nextVault()
	next.Unlockers, next.Generations = slices.Clone(next.Unlockers), slices.Clone(next.Generations)
	r := &rotation{s: s, vault: next, body: changePost{Wraps: [][]byte{}}}
	var err error
	if r.identity, err = s.secrets.key.OpenIdentity(s.secrets.sealedIdentity, s.self.Identity()); err != nil {
		return nil, err
	}
	if err := change(r); err != nil {
		return nil, err
	}
	if r.key, err = envelope.NewAccountKey(s.person, s.secrets.key.Generation+1, s.client.entropy); err != nil {
		return nil, err
	}
	if err := r.newGeneration(); err != nil {
		return nil, err
	}
	if r.sealed, err = s.secrets.key.MoveIdentity(s.secrets.sealedIdentity, s.self.Identity(), r.key, s.client.entropy); err != nil {
		return nil, err
	}
	if r.body.Identity, err = envelope.Encode(r.sealed); err != nil {
		return nil, err
	}
	return r, r.sealVault()
}

func (r *rotation) remove(at int) {
	r.body.Remove = append(r.body.Remove, r.vault.Unlockers[at].Unlocker)
	r.vault.Unlockers = slices.Delete(r.vault.Unlockers, at, at+1)
}

// addPassword stretches under the salt of the name and the parameters of the policy, and draws a new share.
func (r *rotation) addPassword(ctx context.Context, password string) error {
	s := r.s
	parameters, err := s.client.parametersFor(ctx, s.requests, s.profile.UserName)
	if err != nil {
		return err
	}
	parameters.MemoryKiB, parameters.Passes = s.policy.ArgonMemoryKiB, s.policy.ArgonPasses
	stretched, err := envelope.StretchPassword(password, parameters)
	if err != nil {
		return err
	}
	share, err := s.client.seed()
	if err != nil {
		return err
	}
	unlocker := id.New[id.Unlocker](s.client.ids)
	seed, listed, err := envelope.NewUnlocker(unlocker, envelope.UnlockerPassword, s.client.now(), s.client.entropy)
	if err != nil {
		return err
	}
	r.vault.Unlockers = append(r.vault.Unlockers, listed)
	slices.SortFunc(r.vault.Unlockers, func(a, b envelope.Unlocker) int { return bytes.Compare(a.Unlocker[:], b.Unlocker[:]) })
	pin := s.manifests.Pin()
	blob, err := envelope.SealUnlocker(stretched.WrapKey(share, s.person, unlocker),
		envelope.UnlockerContext{Person: s.person, Unlocker: unlocker, Kind: envelope.UnlockerPassword},
		&envelope.UnlockerSecret{Seed: seed, Identity: r.identity.Public(), ManifestVersion: pin.Version, Manifest: pin.Fingerprint}, s.client.entropy)
	if err != nil {
		return err
	}
	authKey := stretched.AuthKey()
	r.body.Add = &addPost{Unlocker: unlocker, Kind: envelope.UnlockerPassword.String(), Password: &passwordPost{
		AuthKey: authKey[:], Salt: parameters.Salt[:], MemoryKiB: parameters.MemoryKiB, Passes: parameters.Passes, Share: share[:],
	}}
	r.body.Add.Blob, err = envelope.Encode(blob)
	return err
}

// newGeneration draws the person's next sealing key, for the vault and the log.
func (r *rotation) newGeneration() error {
	seed, err := r.s.client.seed()
	if err != nil {
		return err
	}
	self := r.s.self
	number := r.vault.Generations[len(r.vault.Generations)-1].Generation + 1
	r.vault.Generations = append(r.vault.Generations, envelope.GenerationSeed{Generation: number, Seed: seed})
	r.generation, err = envelope.SignObject(&envelope.Generation{
		Person: r.s.person, Seq: self.Seq() + 1, Previous: self.Head(), Generation: number, Seal: envelope.NewSealPair(seed).Public(), Issued: r.s.client.now(),
	}, envelope.ByIdentity(r.s.person, r.identity))
	if err != nil {
		return err
	}
	r.body.Generation, err = envelope.Encode(r.generation)
	return err
}

// sealVault seals the vault under the new account key, and that to every unlocker that the vault lists.
func (r *rotation) sealVault() error {
	head := r.s.secrets.head
	sealed, err := r.key.SealVault(r.vault, head, r.s.client.entropy)
	if err != nil {
		return err
	}
	if r.body.Vault, err = envelope.Encode(sealed); err != nil {
		return err
	}
	if r.opened, err = r.key.OpenVault(sealed, head); err != nil {
		return err
	}
	wraps, err := r.opened.Wrap(r.key, r.identity)
	if err != nil {
		return err
	}
	for _, wrap := range wraps {
		encoded, err := envelope.Encode(wrap)
		if err != nil {
			return err
		}
		r.body.Wraps = append(r.body.Wraps, encoded)
	}
	return nil
}

// take makes the new keys those of the session, once the server has them.
func (r *rotation) take() error {
	s := r.s
	if err := s.self.Append(r.generation); err != nil {
		return err
	}
	s.secrets.key, s.secrets.sealedIdentity = r.key, r.sealed
	s.secrets.adopt(r.opened)
	s.rememberVault()
	return nil
}
