package httpapi

import (
	"context"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
)

// Vaults keeps sealed vaults.
type Vaults interface {
	Vault(ctx context.Context, session identity.Session) (identity.Unlock, error)
	ReplaceVault(ctx context.Context, person id.Person, sealed []byte) (version uint64, err error)
}

func (a *API) registerVault() {
	route(a, "GET /v1/vault", Bound, "getVault", "The person's own vault, without the share that opens it", a.getVault)
	route(a, "PUT /v1/vault", Bound, "putVault", "The next version of the vault, which names the one that it replaces", a.putVault, limit(vaultBody))
}

type unlockBody struct {
	Unlocker       id.Unlocker `json:"unlocker" doc:"whose blob and wrap these are"`
	Kind           string      `json:"kind" enum:"password,passkey,pin"`
	VaultShare     []byte      `json:"vaultShare,omitempty" doc:"of a password, only after both factors, or the password or a passkey of a session"`
	PINShare       []byte      `json:"pinShare,omitempty" doc:"of a PIN, only after the PIN"`
	Salt           []byte      `json:"salt,omitempty" doc:"with memoryKiB and passes how a password is stretched"`
	MemoryKiB      int64       `json:"memoryKiB,omitempty"`
	Passes         int64       `json:"passes,omitempty"`
	UnlockerBlob   []byte      `json:"unlockerBlob"`
	AKWrap         []byte      `json:"akWrap"`
	SealedVault    []byte      `json:"sealedVault"`
	SealedIdentity []byte      `json:"sealedIdentity"`
	Log            [][]byte    `json:"log"`
	Manifests      [][]byte    `json:"manifests"`
	Policy         []byte      `json:"policy"`
}

func unlockOf(u identity.Unlock) unlockBody {
	body := unlockBody{
		Unlocker: u.Unlocker, Kind: u.Kind.String(), VaultShare: u.VaultShare, PINShare: u.PINShare, UnlockerBlob: u.UnlockerBlob, AKWrap: u.AKWrap, SealedVault: u.SealedVault, SealedIdentity: u.SealedIdentity,
		Log: list(u.Log), Manifests: list(u.Manifests), Policy: u.Policy,
	}
	if s := u.Stretching; s != nil {
		body.Salt, body.MemoryKiB, body.Passes = s.Salt[:], int64(s.MemoryKiB), int64(s.Passes)
	}
	return body
}

func (a *API) getVault(ctx context.Context, _ *struct{}) (*output[unlockBody], error) {
	unlock, err := a.rooms.Vaults.Vault(ctx, current(ctx))
	if err != nil {
		return nil, err
	}
	return &output[unlockBody]{unlockOf(unlock)}, nil
}

type vaultInput struct {
	Body struct {
		SealedVault []byte `json:"sealedVault"`
	}
}

type vaultVersionBody struct {
	Version int64 `json:"version"`
}

func (a *API) putVault(ctx context.Context, in *vaultInput) (*output[vaultVersionBody], error) {
	version, err := a.rooms.Vaults.ReplaceVault(ctx, a.session(ctx).Person, in.Body.SealedVault)
	if err != nil {
		return nil, err
	}
	return &output[vaultVersionBody]{vaultVersionBody{int64(version)}}, nil
}
