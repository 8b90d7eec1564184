package httpapi

import "context"

// About is what anybody may know of this server before signing in.
type About struct {
	// Organisation is its name, as staff know it.
	Organisation string
	// Demonstration says that everybody here is invented.
	Demonstration bool
	Version       string
	// Assets is the fingerprint of the web app inside, in hex; "" where there is none.
	Assets string
}

func (a *API) registerAbout() {
	route(a, "GET /v1/about", Open, "about", "Whose server this is and what it offers before anybody is signed in", a.getAbout)
}

type aboutBody struct {
	Organisation  string `json:"organisation"`
	Demonstration bool   `json:"demonstration" doc:"true where everybody is invented"`
	Version       string `json:"version"`
	Assets        string `json:"assets" doc:"SHA-256 over the list of the web app's files, in hex; empty where none is inside"`
	Passkeys      bool   `json:"passkeys" doc:"false where browsers refuse them, which is at an IP address"`
}

func (a *API) getAbout(context.Context, *struct{}) (*output[aboutBody], error) {
	return &output[aboutBody]{aboutBody{
		Organisation: a.about.Organisation, Demonstration: a.about.Demonstration, Version: a.about.Version, Assets: a.about.Assets,
		Passkeys: a.rooms.Passkeys != nil && a.rooms.Passkeys.Passkeys(),
	}}, nil
}
