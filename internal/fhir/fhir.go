// Package fhir holds the few FHIR R4 resources that Wardline speaks, and nothing else of FHIR.
//
// Layout: limits.go guards what is parsed, codec.go keeps unknown fields, datatypes.go and one file per resource hold the
// shapes, provide.go builds what is filed, as the IHE MHD "Provide Document Bundle" transaction (ITI-65) or as plain resources, client.go is the bounded
// HTTP exchange that every adapter to a FHIR server shares.
//
// Invariants:
//   - A field that this package does not know survives decode and encode: each shape carries it in Unknown.
//   - Decode is the only door for foreign bytes. It refuses what is too large, too deep, too long a list, not UTF-8, ambiguous
//     (one name twice in an object) or followed by anything else, before a shape is filled.
//   - Names match exactly. encoding/json alone would take "ID" for "id", and two readers would then see two patients.
//   - No error from here quotes the content that it refuses: it may be a patient's.
//
// Source: HL7 FHIR 4.0.1; IHE ITI MHD 4.2, section 2:3.65; UK Core for the NHS identifiers.
package fhir

// Identifier systems that are used in the United Kingdom, and the one for plain URIs (RFC 3986).
const (
	SystemNHSNumber       = "https://fhir.nhs.uk/Id/nhs-number"
	SystemODSOrganisation = "https://fhir.nhs.uk/Id/ods-organization-code"
	SystemODSSite         = "https://fhir.nhs.uk/Id/ods-site-code"
	SystemURI             = "urn:ietf:rfc:3986"
	SystemConfidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
	SystemIdentifierType  = "http://terminology.hl7.org/CodeSystem/v2-0203"
)

// Extensions of UK Core. Each has an older address that stored records still carry; ExtensionNamed accepts both.
const (
	ExtensionVerificationStatus = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
	ExtensionCommunication      = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSCommunication"
)

// ContentType is the media type of everything that this package encodes.
const ContentType = "application/fhir+json"
