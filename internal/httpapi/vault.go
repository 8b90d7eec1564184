package httpapi

import (
	"context"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/identity"
)

// Vaults keeps sealed vaults.
type Vaults interface {
	Vault(ctx context.Context, person id.Person) (identity.Unlock, error)
	ReplaceVault(ctx context.Context, person id.Person, sealed []byte) (version uint64, err error)
}

func (a *API) registerVault() {
	route(a, "GET /v1/vault", Bound, "getVault", "The person's own vault, without the share that opens it", a.getVault)
	route(a, "PUT /v1/vault", Bound, "putVault", "The next version of the vault, which names the one that it replaces", a.putVault, limit(vaultBody))
}

type unlockBody struct {
	VaultShare     []byte   `json:"vaultShare,omitempty" doc:"only after both factors, or the password of a session"`
	UnlockerBlob   []byte   `json:"unlockerBlob"`
	AKWrap         []byte   `json:"akWrap"`
	SealedVault    []byte   `json:"sealedVault"`
	SealedIdentity []byte   `json:"sealedIdentity"`
	Log            [][]byte `json:"log"`
	Manifests      [][]byte `json:"manifests"`
	Policy         []byte   `json:"policy"`
}

func unlockOf(u identity.Unlock) unlockBody {
	return unlockBody{
		VaultShare: u.VaultShare, UnlockerBlob: u.UnlockerBlob, AKWrap: u.AKWrap, SealedVault: u.SealedVault, SealedIdentity: u.SealedIdentity,
		Log: list(u.Log), Manifests: list(u.Manifests), Policy: u.Policy,
	}
}

func (a *API) getVault(ctx context.Context, _ *struct{}) (*output[unlockBody], error) {
	unlock, err := a.rooms.Vaults.Vault(ctx, a.session(ctx).Person)
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
