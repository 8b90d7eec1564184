package envelope

// codec visits the fields of an object in wire order. Each object describes itself once, in its fields method; encoder, decoder
// and describer are the three codecs, so that what is written, what is read and what the document says come from one place.
//
// A codec remembers its first failure and ignores everything after it; fields methods therefore need no error handling.
type codec interface {
	u8(name string, value *uint8)
	u16(name string, value *uint16)
	u32(name string, value *uint32)
	u64(name string, value *uint64)
	time(name string, value *Time)
	fixed(name string, value []byte)
	bytes(name string, most int, value *[]byte)
	text(name string, most int, value *string)
	enum(name string, labels labels, value *uint8)
	flag(name string, value *bool)

	// beginOptional says whether the fields inside are to be visited.
	beginOptional(name string, present bool) bool
	endOptional()
	// beginList says how many items are to be visited. An empty by means a seq, whose order is the writer's.
	beginList(name string, most int, by []string, count int) int
	endItem()
	endList()

	// reading is true for a codec that fills the object in.
	reading() bool
	failed() bool
}

// fielder is anything with fields: an object, or the items and optional parts inside one.
type fielder interface{ fields(c codec) }

// labels are the words of an enum; the first has the value 1.
type labels []string

func (l labels) has(value uint8) bool { return value >= 1 && int(value) <= len(l) }

func (l labels) word(value uint8) string {
	if !l.has(value) {
		return "unknown"
	}
	return l[value-1]
}

// pointer lets a generic function make a T and visit its fields.
type pointer[T any] interface {
	*T
	fielder
}

// list visits items that are strictly ascending by the named leading fields.
func list[T any, P pointer[T]](c codec, name string, most int, by []string, items *[]T) {
	count := c.beginList(name, most, by, len(*items))
	if c.reading() {
		*items = nil
		// Items are added as they are read: a claimed count allocates nothing.
		for n := 0; n < count && !c.failed(); n++ {
			var item T
			P(&item).fields(c)
			c.endItem()
			if !c.failed() {
				*items = append(*items, item)
			}
		}
		c.endList()
		return
	}
	for n := range count {
		if n >= len(*items) { // the describer visits one item of an empty list
			P(new(T)).fields(c)
		} else {
			P(&(*items)[n]).fields(c)
		}
		c.endItem()
	}
	c.endList()
}

// seq visits items in the writer's order.
func seq[T any, P pointer[T]](c codec, name string, most int, items *[]T) {
	list[T, P](c, name, most, nil, items)
}

// optional visits a part that may be absent, which is nil.
func optional[T any, P pointer[T]](c codec, name string, part **T) {
	if !c.beginOptional(name, *part != nil) {
		if c.reading() {
			*part = nil
		}
		return
	}
	target := *part
	if target == nil || c.reading() {
		target = new(T)
	}
	if c.reading() {
		*part = target
	}
	P(target).fields(c)
	c.endOptional()
}
