package client_test

import (
	"crypto/sha256"
	"slices"
	"strings"
	"testing"

	"github.com/wardline/wardline/client"
	"github.com/wardline/wardline/internal/id"
	"github.com/wardline/wardline/internal/record"
)

// quoting names messages for a part of a form.
func quoting(messages ...client.Message) []client.Reference {
	var named []client.Reference
	for _, one := range messages {
		named = append(named, client.Reference{Message: one.ID})
	}
	return named
}

// TestR21_AFormIsSentReadAndFiledPartByPart: what is prepared is what the record is given, byte for byte.
func TestR21_AFormIsSentReadAndFiledPartByPart(t *testing.T) {
	d := newWard(t)
	draft, err := client.PrepareDecision(client.Form{Kind: client.FormSBAR, Parts: []client.FormPart{
		{Name: "situation", Messages: quoting(d.said[2])},
		{Name: "assessment", Text: "Bleeding is unlikely.\r\nSee CT.", Messages: quoting(d.said[0])},
		{Name: "recommendation", Text: "Stop heparin."},
	}}, []id.Message{d.said[3].ID}, client.PatientCompared)
	d.check(err)
	decision, err := d.leila.Say(d.ctx, d.in, draft)
	d.check(err)
	d.anita.sync()
	read, err := d.anita.Message(d.in, decision.ID)
	d.check(err)
	if read.Text != "Assessment\nBleeding is unlikely.\nSee CT.\n\nRecommendation\nStop heparin." || read.Form == nil || len(read.Form.Parts) != 3 ||
		read.Form.Parts[1].Messages[0].Entry != d.said[0].Entry {
		t.Fatalf("the other reads %q and %+v", read.Text, read.Form)
	}
	document, err := d.anita.PrepareFiling(d.in, decision.ID, []id.Message{d.said[3].ID}, "")
	d.check(err)
	html := string(document.HTML)
	last := -1
	for _, part := range []string{
		`<meta name="wardline-form" content="sbar">`, `<h2 id="part-situation">Situation</h2>`, "I think so.", `<h2 id="part-background">Background</h2>`,
		"Nothing was entered here.", `<h2 id="part-assessment">Assessment</h2>`, "CT: no bleed.", "<h3>Written in the form by Dr Leila Haddad, Registrar</h3>",
		"Bleeding is unlikely.\nSee CT.</p>", `<h2 id="part-recommendation">Recommendation</h2>`, "Stop heparin.</p>", `<h2 id="background">Said beside it</h2>`,
		"He is asking for tea.", "4 messages, word for word",
	} {
		at := strings.Index(html, part)
		if at <= last {
			t.Fatalf("the document has %q at %d, after %d:\n%s", part, at, last, html)
		}
		last = at
	}
	excerpts, err := record.ReadDocument(document.HTML, document.Filing, d.in)
	d.check(err)
	want := []id.Message{d.said[2].ID, d.said[0].ID, decision.ID, d.said[3].ID}
	if !slices.EqualFunc(excerpts, want, func(one record.Source, message id.Message) bool { return one.Message == message }) {
		t.Errorf("excerpts are %+v", excerpts)
	}
	_, err = d.anita.File(d.ctx, document, client.PatientCompared)
	d.check(err)
	if filing := d.until("received"); filing.DocumentHash != sha256.Sum256(document.HTML) || len(filing.Sources) != 4 {
		t.Errorf("the record has %+v", filing)
	}
}

func TestAFormThatBreaksARuleIsNotSent(t *testing.T) {
	d := newWard(t)
	words := client.FormPart{Name: "plan", Text: "Home"}
	for name, form := range map[string]client.Form{
		"an unknown kind":         {Kind: "soap", Parts: []client.FormPart{words}},
		"no parts":                {Kind: client.FormPlan},
		"a part of another form":  {Kind: client.FormSBAR, Parts: []client.FormPart{words}},
		"a part twice":            {Kind: client.FormPlan, Parts: []client.FormPart{words, words}},
		"parts in another order":  {Kind: client.FormPlan, Parts: []client.FormPart{{Name: "who", Text: "Me"}, words}},
		"a part of nothing":       {Kind: client.FormPlan, Parts: []client.FormPart{{Name: "problem"}, words}},
		"a blank part":            {Kind: client.FormPlan, Parts: []client.FormPart{{Name: "plan", Text: " \u200b"}}},
		"a message in two parts":  {Kind: client.FormPlan, Parts: []client.FormPart{{Name: "plan", Messages: quoting(d.said[0])}, {Name: "who", Messages: quoting(d.said[0])}}},
		"a message of nobody":     {Kind: client.FormPlan, Parts: []client.FormPart{{Name: "plan", Messages: []client.Reference{{Message: id.Message{1}}}}}},
		"another patient's words": {Kind: client.FormPlan, Parts: []client.FormPart{{Name: "plan", Text: "As for 401 023 2137"}}},
	} {
		draft, err := client.PrepareDecision(form, nil, client.PatientCompared)
		if err == nil {
			_, err = d.leila.Say(d.ctx, d.in, draft)
		}
		if err == nil || len(d.leila.Waiting(d.in)) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestR18_ACorrectionNamesInItsDocumentWhatItCorrects(t *testing.T) {
	d := newWard(t)
	correct := func() *client.Document {
		t.Helper()
		correction, err := d.leila.Say(d.ctx, d.in, client.Draft{Decision: true, Text: "Halve the heparin.", Corrects: d.decision.ID, Check: client.PatientCompared})
		d.check(err)
		document, err := d.leila.PrepareFiling(d.in, correction.ID, nil, "")
		d.check(err)
		if !strings.Contains(string(document.HTML), `<meta name="wardline-corrects" content="`+d.decision.ID.String()+`">`) {
			t.Errorf("programs are not told:\n%s", document.HTML)
		}
		return document
	}
	unfiled := "<p>This corrects the decision of 02-Mar-2026 at 08:00 by Dr Leila Haddad, Registrar.</p>"
	if html := string(correct().HTML); !strings.Contains(html, unfiled) || strings.Contains(html, "wardline-replaces") {
		t.Errorf("before anything is in the record:\n%s", html)
	}
	filing := d.file(d.decision.ID)
	document := correct()
	for _, part := range []string{
		"by Dr Leila Haddad, Registrar. It replaces the document with the reference " + filing.Reference + ".</p>",
		`<meta name="wardline-replaces" content="` + filing.Reference + `">`,
	} {
		if !strings.Contains(string(document.HTML), part) {
			t.Errorf("the document lacks %q:\n%s", part, document.HTML)
		}
	}
	_, err := d.leila.File(d.ctx, document, client.PatientCompared)
	d.check(err)
	decisions, err := d.leila.Decisions(d.ctx, d.in)
	d.check(err)
	if !slices.ContainsFunc(decisions, func(one client.Decision) bool { return one.Corrects != nil && *one.Corrects == d.decision.ID }) {
		t.Errorf("the server was not told: %+v", decisions)
	}
}
