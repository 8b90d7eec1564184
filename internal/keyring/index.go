package keyring

import (
	"crypto/hmac"
	"crypto/sha256"

	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/nhs"
)

// Index makes the tags under which patients are found without their numbers being stored.
type Index struct{ versions []secret }

// String hides the keys from fmt and slog.
func (i Index) String() string { return "[key]" }

// GoString hides the keys from %#v.
func (i Index) GoString() string { return "[key]" }

// Tag is a patient's tag under one version of the index key.
type Tag struct {
	Tag     id.Tag
	Version uint32
}

// Tag is the patient's tag under the newest key: HMAC-SHA256 over the number's ten digits (docs/protocol.md section 9).
func (i Index) Tag(number nhs.Number) Tag {
	return i.versions[len(i.versions)-1].tag(number)
}

// Tags are the patient's tags under every key, newest first, for finding rows that an earlier key made.
func (i Index) Tags(number nhs.Number) []Tag {
	var tags []Tag
	for n := len(i.versions) - 1; n >= 0; n-- {
		tags = append(tags, i.versions[n].tag(number))
	}
	return tags
}

// HospitalTag is the tag of somebody without an NHS number, of the hospital's number as [nhs.FoldHospitalNumber] writes it.
func (i Index) HospitalTag(folded string) Tag {
	return i.versions[len(i.versions)-1].hospitalTag(folded)
}

// HospitalTags are the same under every key, newest first.
func (i Index) HospitalTags(folded string) []Tag {
	var tags []Tag
	for n := len(i.versions) - 1; n >= 0; n-- {
		tags = append(tags, i.versions[n].hospitalTag(folded))
	}
	return tags
}

// hospitalTag has a word before the number, so that a hospital number of ten digits is not the tag of an NHS number.
func (s secret) hospitalTag(folded string) Tag {
	mac := hmac.New(sha256.New, s.bytes())
	mac.Write([]byte("hospital-number " + folded))
	return Tag{Tag: id.Tag(mac.Sum(nil)), Version: s.version}
}

func (s secret) tag(number nhs.Number) Tag {
	mac := hmac.New(sha256.New, s.bytes())
	mac.Write([]byte(number.Digits()))
	return Tag{Tag: id.Tag(mac.Sum(nil)), Version: s.version}
}
