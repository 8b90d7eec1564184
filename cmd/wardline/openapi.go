package main

import "github.com/wardline/wardline/internal/httpapi"

type openapiCommand struct{}

// Run prints the document as it is committed.
func (*openapiCommand) Run(terminal *terminal) error {
	document, err := httpapi.Document()
	if err != nil {
		return err
	}
	_, err = terminal.out.Write(document)
	return err
}
