package identity

import (
	"context"
	"time"

	"github.com/wardline/wardline/internal/audit"
	"github.com/wardline/wardline/internal/envelope"
	"github.com/wardline/wardline/internal/fault"
	"github.com/wardline/wardline/internal/id"
)

// The refusals of enrolment. Whoever holds a link may be told why it does not work.
var (
	ErrLinkInvalid = fault.New(fault.NotFound, "enrolment_link_invalid", "This link is not valid. Please ask for a new one.")
	errLinkExpired = fault.New(fault.Gone, "enrolment_link_expired", "This link has run out. Please ask for a new one.")
	errLinkUsed    = fault.New(fault.Gone, "enrolment_link_used", "This link has been used. Please sign in, or ask for a new link.")
	errCodeWrong   = fault.New(fault.Invalid, "code_wrong", "That code is not right. Please enter the code that your authenticator shows now.")
	errNotice      = fault.New(fault.Invalid, "notice_needed", "Please read and accept the notice first.")
	errParameters  = fault.New(fault.Invalid, "weak_parameters", "The password was not protected as this organisation asks.")
	errEnrolment   = fault.New(fault.Invalid, "enrolment_malformed", "The keys that this browser made did not arrive as they should. Nothing was set up. Please open the link again.")
)

// Invitation is what an enrolment link opens.
type Invitation struct {
	Profile    Profile
	VaultShare [vaultShareSize]byte
	TOTPSecret []byte
	// Salt is what sign-in answers for the user name already, so that enrolling changes nothing that a stranger can see.
	Salt      [16]byte
	ExpiresAt time.Time
}

// TOTPText is the secret as a person may type it, in base32.
func (i Invitation) TOTPText() string { return base32Text.EncodeToString(i.TOTPSecret) }

// OTPAuth is the address that a QR code carries to an authenticator app.
func (i Invitation) OTPAuth() string { return otpauth(i.Profile.UserName, i.TOTPSecret) }

// Invitation opens a link, as often as wanted until it is spent: looking spends nothing.
func (s *Service) Invitation(ctx context.Context, token []byte) (Invitation, error) {
	link, err := s.link(ctx, token)
	if err != nil {
		return Invitation{}, err
	}
	share, secret := s.linkSecrets(token)
	return Invitation{Profile: link.Profile, VaultShare: share, TOTPSecret: secret, Salt: s.saltOf(foldName(link.Profile.UserName)), ExpiresAt: link.ExpiresAt}, nil
}

// Completion is what a browser sends when it has made its keys.
type Completion struct {
	Token          []byte
	Code           string
	AuthKey        []byte
	Salt           [16]byte
	MemoryKiB      uint32
	Passes         uint32
	Log            [][]byte // signed bind (by the identity alone), generation, device
	SealedVault    []byte
	SealedIdentity []byte
	UnlockerBlob   []byte
	AKWrap         []byte // signed
	DeviceKind     envelope.DeviceKind
	Agreement      bool // to using a device of one's own (R48)
	DeviceLabel    string
	From           From
	NoticeAccepted bool // of what is monitored and may be disclosed (R47)
}

// Enrolled is a new account with its first session, which is bound to the device that was enrolled.
type Enrolled struct {
	Log     [][]byte // with the server's signature on bind
	Session Session
	Token   [tokenSize]byte
	Browser Browser
}

// Enrol spends a link: it checks everything that the browser made, signs bind, and writes the account, all in one transaction.
func (s *Service) Enrol(ctx context.Context, c Completion) (Enrolled, error) {
	if err := c.From.Proof.check(); err != nil {
		return Enrolled{}, err
	}
	link, err := s.link(ctx, c.Token)
	if err != nil {
		return Enrolled{}, err
	}
	step, err := s.checkCompletion(link.Profile, c)
	if err != nil {
		return Enrolled{}, err
	}
	state, log, device, err := s.firstLog(link.Profile, c)
	if err != nil {
		return Enrolled{}, err
	}
	vault, unlocker, err := firstVault(state, c)
	if err != nil {
		return Enrolled{}, err
	}
	session, token := s.newSession(link.Profile, device.Device, c.From.Proof)
	session.Unlocker = unlocker.Unlocker
	var browser [tokenSize]byte
	browser, session.Browser = s.newBrowser(s.nameHash(foldName(link.Profile.UserName)), c.From)
	enrolment := Enrolment{
		Link: link.ID, Account: s.newAccount(link.Profile, c), TOTPStep: step, At: session.At,
		Vault: vault, Unlocker: unlocker, Log: log, Device: device, Session: session,
	}
	written, err := s.store.Enrol(ctx, enrolment, s.enrolmentEvents(enrolment))
	if err != nil {
		return Enrolled{}, err
	}
	if !written {
		return Enrolled{}, errLinkUsed
	}
	s.grew(state, nil)
	enrolled := Enrolled{Token: token, Browser: Browser{browser, session.Browser.ExpiresAt}, Session: s.open(StoredSession{
		ID: session.ID, Profile: link.Profile, Device: device.Device, Key: c.From.Proof.Key, ExpiresAt: session.ExpiresAt, NoticeAt: session.At,
		Unlocker: session.Unlocker, ProvedAt: session.At,
	})}
	for _, entry := range log {
		enrolled.Log = append(enrolled.Log, entry.Signed)
	}
	return enrolled, nil
}

// link finds a link that can be used, and audits the use of one that cannot.
func (s *Service) link(ctx context.Context, token []byte) (EnrolmentLink, error) {
	if len(token) != tokenSize {
		return EnrolmentLink{}, ErrLinkInvalid
	}
	link, err := s.store.EnrolmentLink(ctx, hashToken(token))
	if err != nil {
		return EnrolmentLink{}, err
	}
	var refusal *fault.Error
	switch now := s.now(); {
	case !link.SpentAt.IsZero():
		refusal = errLinkUsed
	case !now.Before(link.ExpiresAt):
		refusal = errLinkExpired
	case !link.Profile.Active(now):
		refusal = ErrLinkInvalid
	default:
		return link, nil
	}
	event := audit.Event{Kind: audit.EnrolmentRefused, Subject: audit.About(link.Profile.Person, link.ID), At: s.now(),
		Details: map[string]string{"code": refusal.Code()}}
	if err := s.store.Audit(ctx, event); err != nil {
		return EnrolmentLink{}, err
	}
	return EnrolmentLink{}, refusal
}

// checkCompletion checks what is not about keys, and finds the step of the code.
func (s *Service) checkCompletion(profile Profile, c Completion) (step int64, err error) {
	switch {
	case !c.NoticeAccepted:
		return 0, errNotice
	case c.DeviceKind == envelope.DeviceOwn && !c.Agreement:
		return 0, errAgreement
	case len(c.AuthKey) != 32:
		return 0, errEnrolment.With("field", "authKey")
	}
	// Any others, stronger ones too, would tell a stranger that the name has been enrolled.
	if (Stretching{Salt: c.Salt, MemoryKiB: c.MemoryKiB, Passes: c.Passes}) != s.stretchingOf(foldName(profile.UserName)) {
		return 0, errParameters
	}
	_, secret := s.linkSecrets(c.Token)
	step, found := totpMatch(secret, c.Code, s.now())
	if !found {
		return 0, errCodeWrong
	}
	return step, nil
}

// firstLog signs bind, if it says what the organisation knows of the person, and verifies the log.
func (s *Service) firstLog(profile Profile, c Completion) (*envelope.PersonState, []Entry, StoredDevice, error) {
	fail := func(err error) (*envelope.PersonState, []Entry, StoredDevice, error) {
		return nil, nil, StoredDevice{}, err
	}
	if len(c.Log) != 3 {
		return fail(errEnrolment.With("field", "log"))
	}
	bind, err := s.signBind(profile, c.Log[0])
	if err != nil {
		return fail(err)
	}
	state := envelope.NewPersonState(s.trust.Chain, profile.Person)
	var log []Entry
	for n, entry := range [][]byte{bind, c.Log[1], c.Log[2]} {
		signed, err := envelope.Parse[envelope.Signed](entry)
		if err != nil {
			return fail(err)
		}
		if kind, err := signed.Kind(); err != nil || kind != firstTypes[n] {
			return fail(errEnrolment.With("field", "log").Because(err))
		}
		if err := state.Append(signed); err != nil {
			return fail(err)
		}
		log = append(log, Entry{Person: profile.Person, Seq: state.Seq(), Hash: state.Head(), At: s.now(), Signed: entry})
	}
	device := state.Devices()[0]
	if device.Kind != c.DeviceKind {
		return fail(errEnrolment.With("field", "deviceKind"))
	}
	if err := device.CheckNow(envelope.TimeOf(s.now())); err != nil {
		return fail(err)
	}
	if err := s.checkClock(device.Issued); err != nil {
		return fail(err)
	}
	if id.Hash(device.DPoP) != c.From.Proof.Key {
		return fail(errOtherKey)
	}
	stored, err := s.deviceOf(&device.Device, c.DeviceLabel)
	if err != nil {
		return fail(err)
	}
	return state, log, stored, nil
}

var firstTypes = [...]envelope.Type{envelope.TypeBind, envelope.TypeGeneration, envelope.TypeDevice}

// signBind adds the server's signature to a bind that says nothing but what we would say ourselves. What the identity signed is
// checked when the log is verified.
func (s *Service) signBind(profile Profile, entry []byte) ([]byte, error) {
	signed, err := envelope.Parse[envelope.Signed](entry)
	if err != nil {
		return nil, err
	}
	bind, err := envelope.Open[envelope.Bind](signed)
	if err != nil {
		return nil, err
	}
	switch {
	case bind.Person != profile.Person || bind.DisplayName != profile.DisplayName || bind.Role != profile.Role:
		return nil, errEnrolment.With("field", "bind")
	case bind.Manifest != s.trust.Chain.Current().Hash:
		return nil, &envelope.Refusal{Code: envelope.RolledBack, Detail: "bind names another manifest than the current one"}
	case bind.Seq != 1 || !bind.Previous.IsZero():
		return nil, &envelope.Refusal{Code: envelope.BrokenChain, Detail: "bind is the first entry"}
	}
	if err := s.checkClock(bind.Issued); err != nil {
		return nil, err
	}
	if err := signed.Countersign(envelope.ByServer(envelope.PurposeBind, s.keys.Bind)); err != nil {
		return nil, err
	}
	return envelope.Encode(signed)
}

// firstVault checks that the sealed objects name the person, their identity, and one another.
func firstVault(state *envelope.PersonState, c Completion) (StoredVault, StoredUnlocker, error) {
	vault, err := envelope.Parse[envelope.SealedVault](c.SealedVault)
	if err != nil {
		return StoredVault{}, StoredUnlocker{}, err
	}
	identity, err := envelope.Parse[envelope.SealedIdentity](c.SealedIdentity)
	if err != nil {
		return StoredVault{}, StoredUnlocker{}, err
	}
	person := state.Person()
	switch {
	case vault.Person != person || vault.Version != 1 || !vault.Previous.IsZero():
		return StoredVault{}, StoredUnlocker{}, errEnrolment.With("field", "sealedVault")
	case identity.Person != person || identity.Identity != state.Identity() || identity.AKGeneration != vault.AKGeneration:
		return StoredVault{}, StoredUnlocker{}, errEnrolment.With("field", "sealedIdentity")
	}
	hash, err := envelope.HashBytes(c.SealedVault)
	if err != nil {
		return StoredVault{}, StoredUnlocker{}, err
	}
	unlocker, err := checkUnlocker(state, vault.AKGeneration, c.UnlockerBlob, c.AKWrap)
	if err != nil {
		return StoredVault{}, StoredUnlocker{}, err
	}
	return StoredVault{
		Person: person, AKGeneration: vault.AKGeneration, Version: 1, Hash: hash, SealedVault: c.SealedVault, SealedIdentity: c.SealedIdentity,
	}, unlocker, nil
}

func checkUnlocker(state *envelope.PersonState, generation uint32, blob, wrap []byte) (StoredUnlocker, error) {
	parsed, err := envelope.Parse[envelope.UnlockerBlob](blob)
	if err != nil {
		return StoredUnlocker{}, err
	}
	if parsed.Person != state.Person() || parsed.Kind != envelope.UnlockerPassword {
		return StoredUnlocker{}, errEnrolment.With("field", "unlockerBlob")
	}
	wrapped, err := checkWrap(state, generation, wrap)
	if err != nil {
		return StoredUnlocker{}, err
	}
	if wrapped != parsed.Unlocker {
		return StoredUnlocker{}, errEnrolment.With("field", "akWrap")
	}
	return StoredUnlocker{Unlocker: parsed.Unlocker, Kind: parsed.Kind, Blob: blob, AKWrap: wrap}, nil
}

// checkWrap finds whose wrap this is. The client checks it against the identity inside the opened secret; here a wrap by anybody else is only kept
// from being stored.
func checkWrap(state *envelope.PersonState, generation uint32, wrap []byte) (id.Unlocker, error) {
	signed, err := envelope.Parse[envelope.Signed](wrap)
	if err != nil {
		return id.Unlocker{}, err
	}
	opened, err := envelope.Open[envelope.AKWrap](signed)
	if err != nil {
		return id.Unlocker{}, err
	}
	if opened.Person != state.Person() || opened.AKGeneration != generation {
		return id.Unlocker{}, errEnrolment.With("field", "akWrap")
	}
	if len(signed.Signatures) != 1 || signed.Signatures[0].Kind != envelope.SignerIdentity || id.Person(signed.Signatures[0].Signer) != state.Person() {
		return id.Unlocker{}, &envelope.Refusal{Code: envelope.WrongPurpose, Detail: "a wrap is signed by its person's identity alone"}
	}
	return opened.Unlocker, envelope.VerifyObject(signed.Object, state.Identity(), signed.Signatures[0].Signature)
}

func (s *Service) newAccount(profile Profile, c Completion) Account {
	share, secret := s.linkSecrets(c.Token)
	account := Account{
		Profile: profile, Salt: c.Salt, MemoryKiB: c.MemoryKiB, Passes: c.Passes,
		TOTPSecret: s.keys.Login.Seal(useTOTP, profile.Person[:], secret),
		VaultShare: s.keys.Login.Seal(useVaultShare, profile.Person[:], share[:]),
		NoticeAt:   s.now(),
	}
	account.AuthKey, account.KeyVersion = s.authKeyDigest(profile.Person, c.AuthKey)
	if c.DeviceKind == envelope.DeviceOwn {
		account.AgreementAt, account.Agreement = account.NoticeAt, OwnDeviceAgreement
	}
	return account
}

func (s *Service) enrolmentEvents(e Enrolment) []audit.Event {
	person := e.Account.Person
	events := []audit.Event{
		{Kind: audit.Enrolled, Actor: person, Subject: audit.About(person, e.Link), At: e.At,
			Details: map[string]string{"device": e.Device.Device.String(), "kind": e.Device.Kind.String()}},
		noticeEvent(person, "disclosure", e.At),
	}
	if !e.Account.AgreementAt.IsZero() {
		events = append(events, agreementEvent(person, e.At))
	}
	for _, entry := range e.Log {
		events = append(events, s.entryEvents(person, entry, Effect{})...)
	}
	return events
}
