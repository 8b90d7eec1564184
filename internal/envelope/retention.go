package envelope

// The retention classes of create.retention and header.retention. They are on the wire and in every header for ever: append only. How long each is kept
// is the server's to say, see internal/retention.
const (
	// RetentionStandard is the usual period of the space.
	RetentionStandard uint8 = 1
	// RetentionLong is for what may have to be answered for years later. A message may be kept longer than its thread, never shorter.
	RetentionLong uint8 = 2
)

// MayKeep says whether a thread of a space may have a class. Where people chat, nothing is kept for years.
func MayKeep(space Space, class uint8) bool {
	switch class {
	case RetentionStandard:
		return true
	case RetentionLong:
		return space != SpaceSocial
	}
	return false
}
