package pdf

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/xml"
	"fmt"
	"strings"
	"unicode/utf16"

	"golang.org/x/image/font"
)

// objects are the file's, numbered from 1 in the order in which they are reserved.
type objects struct{ bodies [][]byte }

func (o *objects) reserve() int {
	o.bodies = append(o.bodies, nil)
	return len(o.bodies)
}

func (o *objects) set(number int, format string, values ...any) {
	o.bodies[number-1] = fmt.Appendf(nil, format, values...)
}

func (o *objects) add(format string, values ...any) int {
	number := o.reserve()
	o.set(number, format, values...)
	return number
}

// stream adds a compressed stream; entries go into its dictionary.
func (o *objects) stream(data []byte, entries string) int {
	var packed bytes.Buffer
	writer := zlib.NewWriter(&packed)
	_, _ = writer.Write(data) // into memory
	_ = writer.Close()
	return o.add("<</Filter /FlateDecode /Length %d%s>>\nstream\n%s\nendstream", packed.Len(), entries, packed.Bytes())
}

// assemble makes the file of pages that are laid out.
func assemble(d Document, faces map[bool]*face, pages []*page) []byte {
	o := &objects{}
	catalog, tree, root, whole, info := o.reserve(), o.reserve(), o.reserve(), o.reserve(), o.reserve()
	fonts := ""
	for _, bold := range []bool{false, true} {
		if one := faces[bold]; len(one.used) > 0 {
			fonts += fmt.Sprintf("/%s %d 0 R ", one.name, o.font(one))
		}
	}
	ink := o.add("[/CalGray <</WhitePoint [0.9505 1 1.089] /Gamma 2.2>>]")

	// Every block is an element of the structure tree, wherever on whichever pages it stands.
	elements := make([]int, len(d.Blocks))
	var elementList strings.Builder
	for n := range d.Blocks {
		elements[n] = o.reserve()
		fmt.Fprintf(&elementList, "%d 0 R ", elements[n])
	}
	parts := make([]string, len(d.Blocks))
	first := make([]int, len(d.Blocks))
	var kids, parents strings.Builder
	for n, one := range pages {
		content := o.stream(one.content.Bytes(), "")
		number := o.add("<</Type /Page /Parent %d 0 R /MediaBox [0 0 %d %d] /Contents %d 0 R /StructParents %d /Tabs /S "+
			"/Resources <</Font <<%s>> /ColorSpace <</Ink %d 0 R>>>>>>", tree, pageWidth, pageHeight, content, n, fonts, ink)
		fmt.Fprintf(&kids, "%d 0 R ", number)
		var owners strings.Builder
		for mark, block := range one.marks {
			parts[block] += fmt.Sprintf("<</Type /MCR /Pg %d 0 R /MCID %d>> ", number, mark)
			if first[block] == 0 {
				first[block] = number
			}
			fmt.Fprintf(&owners, "%d 0 R ", elements[block])
		}
		fmt.Fprintf(&parents, "%d [%s] ", n, owners.String())
	}
	for n, block := range d.Blocks {
		o.set(elements[n], "<</Type /StructElem /S /%s /P %d 0 R /Pg %d 0 R /K [%s]>>", block.Kind, whole, first[n], parts[n])
	}
	o.set(whole, "<</Type /StructElem /S /Document /P %d 0 R /K [%s]>>", root, elementList.String())
	parentTree := o.add("<</Nums [%s]>>", parents.String())
	o.set(root, "<</Type /StructTreeRoot /K [%d 0 R] /ParentTree %d 0 R /ParentTreeNextKey %d>>", whole, parentTree, len(pages))
	o.set(tree, "<</Type /Pages /Count %d /Kids [%s]>>", len(pages), kids.String())
	packet := metadata(d)
	described := o.add("<</Type /Metadata /Subtype /XML /Length %d>>\nstream\n%s\nendstream", len(packet), packet)
	o.set(info, "<</Title %s /Producer %s /CreationDate (D:%sZ) /ModDate (D:%sZ)>>", text(d.Title), text(producer), stamp(d), stamp(d))
	o.set(catalog, "<</Type /Catalog /Version /1.7 /Pages %d 0 R /Lang %s /MarkInfo <</Marked true>> /StructTreeRoot %d 0 R /Metadata %d 0 R "+
		"/ViewerPreferences <</DisplayDocTitle true>>>>", tree, text(d.Language), root, described)
	return o.file(catalog, info)
}

const producer = "Wardline"

func stamp(d Document) string { return d.Made.UTC().Format("20060102150405") }

// file writes the objects one after the other and says where each is.
func (o *objects) file(catalog, info int) []byte {
	var out bytes.Buffer
	out.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	places := make([]int, len(o.bodies))
	for n, body := range o.bodies {
		places[n] = out.Len()
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", n+1, body)
	}
	name := sha256.Sum256(out.Bytes())
	begin := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(places)+1)
	for _, place := range places {
		fmt.Fprintf(&out, "%010d 00000 n \n", place)
	}
	fmt.Fprintf(&out, "trailer\n<</Size %d /Root %d 0 R /Info %d 0 R /ID [<%X> <%X>]>>\nstartxref\n%d\n%%%%EOF\n",
		len(places)+1, catalog, info, name[:16], name[:16], begin)
	return out.Bytes()
}

// font adds a font, whole, with the way from its numbers to its glyphs and to characters.
func (o *objects) font(f *face) int {
	var widths, unicode strings.Builder
	glyphs := make([]byte, 2, 2+2*len(f.used))
	for n, one := range f.used {
		fmt.Fprintf(&widths, "%d ", one.advance)
		glyphs = append(glyphs, byte(one.glyph>>8), byte(one.glyph))
		if n%100 == 0 { // a block holds a hundred
			if n > 0 {
				unicode.WriteString("endbfchar\n")
			}
			fmt.Fprintf(&unicode, "%d beginbfchar\n", min(100, len(f.used)-n))
		}
		fmt.Fprintf(&unicode, "<%04X> <", n+1)
		for _, unit := range utf16.Encode([]rune{one.char}) {
			fmt.Fprintf(&unicode, "%04X", unit)
		}
		unicode.WriteString(">\n")
	}
	unicode.WriteString("endbfchar\n")
	program := o.stream(f.data, fmt.Sprintf(" /Length1 %d", len(f.data)))
	toGlyphs := o.stream(glyphs, "")
	toUnicode := o.stream([]byte("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"+
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"+unicode.String()+
		"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"), "")
	metrics, _ := f.font.Metrics(&f.buffer, f.units, font.HintingNone)
	bounds, _ := f.font.Bounds(&f.buffer, f.units, font.HintingNone)
	described := o.add("<</Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox [%d %d %d %d] /ItalicAngle 0 /Ascent %d /Descent %d /CapHeight %d /StemV 80 /FontFile2 %d 0 R>>",
		f.postscript, f.measure(bounds.Min.X), -f.measure(bounds.Max.Y), f.measure(bounds.Max.X), -f.measure(bounds.Min.Y),
		f.measure(metrics.Ascent), -f.measure(metrics.Descent), f.measure(metrics.CapHeight), program)
	descendant := o.add("<</Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) /Supplement 0>> "+
		"/FontDescriptor %d 0 R /CIDToGIDMap %d 0 R /DW 1000 /W [1 [%s]]>>", f.postscript, described, toGlyphs, widths.String())
	return o.add("<</Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R>>",
		f.postscript, descendant, toUnicode)
}

// text is a text string in UTF-16, which needs no escapes.
func text(s string) string {
	var out strings.Builder
	out.WriteString("<FEFF")
	for _, unit := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&out, "%04X", unit)
	}
	return out.String() + ">"
}

// metadata is the XMP packet, which says the same as the information dictionary.
func metadata(d Document) []byte {
	var title, name bytes.Buffer
	_ = xml.EscapeText(&title, []byte(d.Title))
	_ = xml.EscapeText(&name, []byte(d.Name))
	made := d.Made.UTC().Format("2006-01-02T15:04:05Z")
	return fmt.Appendf(nil, "<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>"+`
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">%s</rdf:li></rdf:Alt></dc:title><dc:identifier>%s</dc:identifier>
<pdf:Producer>%s</pdf:Producer><xmp:CreateDate>%s</xmp:CreateDate><xmp:ModifyDate>%s</xmp:ModifyDate>
<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>`, title.String(), name.String(), producer, made, made)
}
