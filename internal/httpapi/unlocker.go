package httpapi

import (
	"context"

	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
)

// Unlockers are the ways to open one's own vault.
type Unlockers interface {
	Unlockers(ctx context.Context, session identity.Session) (unlockers, without []identity.OwnUnlocker, err error)
	ChangeUnlockers(ctx context.Context, session identity.Session, change identity.UnlockerChange) (version uint64, err error)
	UnlockPIN(ctx context.Context, session identity.Session, verifier []byte) (identity.Session, identity.Unlock, error)
}

func (a *API) registerUnlockers() {
	route(a, "GET /v1/unlockers", Bound, "listUnlockers", "How the person signs in and unlocks", a.listUnlockers)
	route(a, "POST /v1/unlockers", Bound, "changeUnlockers",
		"Add a password or a PIN, remove unlockers, renew the keys, or several of these at once; a removal comes with new keys. Needs a fresh proof",
		a.changeUnlockers, limited(a), limit(vaultBody))
	route(a, "POST /v1/session/unlock/pin", AnySession, "unlockSessionWithPin", "Open a locked session of a device that has a PIN (R24)", a.unlockPIN, limited(a))
}

type unlockerBody struct {
	Unlocker   *id.Unlocker `json:"unlocker,omitempty" doc:"not of a passkey without PRF"`
	Kind       string       `json:"kind" enum:"password,passkey,pin"`
	Label      string       `json:"label"`
	AddedAt    int64        `json:"addedAt"`
	LastUsedAt int64        `json:"lastUsedAt,omitempty"`
	Device     *id.Device   `json:"device,omitempty" doc:"of a PIN"`
	Credential string       `json:"credential,omitempty" doc:"of a passkey"`
	PRF        bool         `json:"prf,omitempty" doc:"of a passkey"`
	Current    bool         `json:"current" doc:"it opened this session"`
	Gone       bool         `json:"gone,omitempty" doc:"a PIN that was destroyed and is still listed in the vault"`
}

type unlockersBody struct {
	Unlockers          []unlockerBody `json:"unlockers"`
	PasskeysWithoutPRF []unlockerBody `json:"passkeysWithoutPRF"`
}

func (a *API) listUnlockers(ctx context.Context, _ *struct{}) (*output[unlockersBody], error) {
	unlockers, without, err := a.rooms.Unlockers.Unlockers(ctx, current(ctx))
	if err != nil {
		return nil, err
	}
	return &output[unlockersBody]{unlockersBody{unlockersOf(unlockers), unlockersOf(without)}}, nil
}

func unlockersOf(unlockers []identity.OwnUnlocker) []unlockerBody {
	all := make([]unlockerBody, len(unlockers))
	for n, u := range unlockers {
		all[n] = unlockerBody{Kind: u.Kind.String(), Label: u.Label, AddedAt: u.AddedAt.UnixMilli(), Current: u.Current, Gone: u.Gone}
		if !u.Unlocker.IsZero() {
			all[n].Unlocker = &u.Unlocker
		}
		if !u.LastUsedAt.IsZero() {
			all[n].LastUsedAt = u.LastUsedAt.UnixMilli()
		}
		if !u.Device.IsZero() {
			all[n].Device = &u.Device
		}
		if u.Credential != nil {
			all[n].Credential, all[n].PRF = identity.CredentialText(u.Credential), !u.Unlocker.IsZero()
		}
	}
	return all
}

// changeBody is a change of unlockers: section 5.7 of docs/protocol.md.
type changeBody struct {
	Add        *newUnlockerBody `json:"add,omitempty"`
	Remove     []id.Unlocker    `json:"remove,omitempty" maxItems:"16"`
	Vault      []byte           `json:"vault" doc:"sealed-vault, the next version"`
	Wraps      [][]byte         `json:"wraps" maxItems:"16" doc:"signed ak-wraps: the added one's, or with new keys that of every unlocker there will be"`
	Identity   []byte           `json:"identity,omitempty" doc:"sealed-identity, with new keys"`
	Generation []byte           `json:"generation,omitempty" doc:"signed generation, with new keys"`
}

type newUnlockerBody struct {
	Unlocker id.Unlocker      `json:"unlocker"`
	Kind     string           `json:"kind" enum:"password,passkey,pin"`
	Blob     []byte           `json:"blob" doc:"unlocker-blob"`
	Label    string           `json:"label" maxLength:"100"`
	Password *newPasswordBody `json:"password,omitempty"`
	PIN      *newPINBody      `json:"pin,omitempty" doc:"of this session's device"`
}

type newPasswordBody struct {
	AuthKey   []byte `json:"authKey" doc:"32 bytes"`
	Salt      []byte `json:"salt,omitempty" doc:"16 bytes, as sign-in answers for the name, which is what it is without"`
	MemoryKiB int64  `json:"memoryKiB" minimum:"1" maximum:"4294967295" doc:"the policy's"`
	Passes    int64  `json:"passes" minimum:"1" maximum:"4294967295" doc:"the policy's"`
	Share     []byte `json:"share" doc:"32 bytes, the new vault share"`
}

type newPINBody struct {
	Verifier []byte `json:"verifier" doc:"32 bytes"`
	Share    []byte `json:"share" doc:"32 bytes"`
}

var unlockerKinds = map[string]envelope.UnlockerKind{
	envelope.UnlockerPassword.String(): envelope.UnlockerPassword, envelope.UnlockerPasskey.String(): envelope.UnlockerPasskey,
	envelope.UnlockerPIN.String(): envelope.UnlockerPIN,
}

func (b *changeBody) change() identity.UnlockerChange {
	change := identity.UnlockerChange{Remove: b.Remove, Vault: b.Vault, Wraps: b.Wraps, Identity: b.Identity, Generation: b.Generation}
	if b.Add == nil {
		return change
	}
	change.Add = &identity.NewUnlocker{Unlocker: b.Add.Unlocker, Kind: unlockerKinds[b.Add.Kind], Blob: b.Add.Blob, Label: b.Add.Label}
	if p := b.Add.Password; p != nil {
		change.Add.Password = &identity.NewPassword{
			AuthKey: p.AuthKey, Salt: p.Salt, MemoryKiB: uint32(p.MemoryKiB), Passes: uint32(p.Passes), Share: p.Share,
		}
	}
	if p := b.Add.PIN; p != nil {
		change.Add.PIN = &identity.NewPIN{Verifier: p.Verifier, Share: p.Share}
	}
	return change
}

type changeInput struct {
	Body changeBody
}

func (a *API) changeUnlockers(ctx context.Context, in *changeInput) (*output[vaultVersionBody], error) {
	version, err := a.rooms.Unlockers.ChangeUnlockers(ctx, current(ctx), in.Body.change())
	if err != nil {
		return nil, err
	}
	return &output[vaultVersionBody]{vaultVersionBody{int64(version)}}, nil
}

type pinInput struct {
	Body struct {
		Verifier []byte `json:"verifier" doc:"32 bytes"`
	}
}

func (a *API) unlockPIN(ctx context.Context, in *pinInput) (*output[unlockedBody], error) {
	session, unlock, err := a.rooms.Unlockers.UnlockPIN(ctx, current(ctx), in.Body.Verifier)
	if err != nil {
		return nil, err
	}
	return &output[unlockedBody]{unlockedBody{sessionOf(session), unlockOf(unlock)}}, nil
}
