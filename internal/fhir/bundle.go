package fhir

import "encoding/json"

// Bundle carries several resources: a search answer, a transaction or the answer to one.
type Bundle struct {
	ID        string        `json:"id"`
	Meta      *Meta         `json:"meta"`
	Type      string        `json:"type"`
	Timestamp string        `json:"timestamp"`
	Total     *int          `json:"total"`
	Entry     []BundleEntry `json:"entry"`
	Unknown   Unknown       `json:"-"`
}

// BundleEntry is one resource of a bundle, still encoded: Entry decides what it may be.
type BundleEntry struct {
	FullURL  string          `json:"fullUrl"`
	Resource json.RawMessage `json:"resource"`
	Search   *EntrySearch    `json:"search"`
	Request  *EntryRequest   `json:"request"`
	Response *EntryResponse  `json:"response"`
	Unknown  Unknown         `json:"-"`
}

// EntrySearch says why an entry is in a search answer. Score is 0 to 1, as text.
type EntrySearch struct {
	Mode    string      `json:"mode"`
	Score   json.Number `json:"score"`
	Unknown Unknown     `json:"-"`
}

// EntryRequest says what a transaction asks for one entry.
type EntryRequest struct {
	Method      string  `json:"method"`
	URL         string  `json:"url"`
	IfNoneExist string  `json:"ifNoneExist"`
	Unknown     Unknown `json:"-"`
}

// EntryResponse says what became of one entry. Status starts with the HTTP code ("201 Created").
type EntryResponse struct {
	Status       string          `json:"status"`
	Location     string          `json:"location"`
	Etag         string          `json:"etag"`
	LastModified string          `json:"lastModified"`
	Outcome      json.RawMessage `json:"outcome"`
	Unknown      Unknown         `json:"-"`
}

// Entries decodes every entry of a bundle that is a resource of the kind T, and passes over the others.
func Entries[T any, R interface {
	*T
	resource
}](b *Bundle, each func(entry BundleEntry, resource R) error) error {
	for _, entry := range b.Entry {
		if len(entry.Resource) == 0 {
			continue
		}
		into := R(new(T))
		var kind struct {
			ResourceType string `json:"resourceType"`
		}
		if err := json.Unmarshal(entry.Resource, &kind); err != nil {
			return plainError(err)
		}
		if kind.ResourceType != into.ResourceType() {
			continue
		}
		if err := json.Unmarshal(entry.Resource, into); err != nil {
			return plainError(err)
		}
		if err := each(entry, into); err != nil {
			return err
		}
	}
	return nil
}

func (Bundle) ResourceType() string { return "Bundle" }

func (b *Bundle) UnmarshalJSON(data []byte) error { return split(data, b) }

func (b Bundle) MarshalJSON() ([]byte, error) { return join(b) }

func (e *BundleEntry) UnmarshalJSON(data []byte) error { return split(data, e) }

func (e BundleEntry) MarshalJSON() ([]byte, error) { return join(e) }

func (s *EntrySearch) UnmarshalJSON(data []byte) error { return split(data, s) }

func (s EntrySearch) MarshalJSON() ([]byte, error) { return join(s) }

func (r *EntryRequest) UnmarshalJSON(data []byte) error { return split(data, r) }

func (r EntryRequest) MarshalJSON() ([]byte, error) { return join(r) }

func (r *EntryResponse) UnmarshalJSON(data []byte) error { return split(data, r) }

func (r EntryResponse) MarshalJSON() ([]byte, error) { return join(r) }
