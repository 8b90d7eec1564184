package config

import (
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/toml/v2"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"

	"github.com/wardline/wardline/internal/fault"
)

// Prefix begins the name of every environment variable that is a setting.
const Prefix = "WARDLINE_"

// FileVariable names the configuration file where --config does not.
const FileVariable = Prefix + "CONFIG"

// testPrefix begins variables that only tests read.
const testPrefix = Prefix + "TEST_"

var (
	errFile    = fault.New(fault.Invalid, "config_file", "The configuration file cannot be read.")
	errUnknown = fault.New(fault.Invalid, "config_unknown_key", "There are settings that Wardline does not know.")
	errValue   = fault.New(fault.Invalid, "config_value", "A setting is neither text, number, flag nor a list of these.")
)

// Values are settings by the name of their flags.
type Values map[string]string

// Read reads the file, if a path is given, and over it the environment.
func Read(path string, environ []string) (Values, error) {
	k := koanf.New(".")
	if path != "" {
		if err := k.Load(file.Provider(path), toml.Parser()); err != nil {
			failed := errFile.With("file", path).Because(err)
			if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
				failed = failed.With("why", "it is not TOML")
			}
			return nil, failed
		}
	}
	known := Keys()
	var unknown []string
	for _, key := range k.Keys() {
		if !slices.ContainsFunc(known, func(one Key) bool { return one.Name == key }) {
			unknown = append(unknown, key)
		}
	}
	byVariable := map[string]string{}
	for _, key := range known {
		byVariable[key.Variable()] = key.Name
	}
	environment := env.Provider(".", env.Opt{Prefix: Prefix, EnvironFunc: func() []string { return environ },
		TransformFunc: func(variable, value string) (string, any) {
			key, found := byVariable[variable]
			if !found && variable != FileVariable && !strings.HasPrefix(variable, testPrefix) {
				unknown = append(unknown, variable)
			}
			return key, value
		}})
	if err := k.Load(environment, nil); err != nil {
		return nil, errFile.Because(err)
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return nil, errUnknown.With("unknown", unknown)
	}
	return values(k, known)
}

// Secrets fills in the settings that have no flag.
func (s *Settings) Secrets(values Values) {
	target := reflect.ValueOf(s).Elem()
	for _, key := range Keys() {
		if value, found := values[key.Flag()]; found && key.Secret {
			target.FieldByIndex(key.index).SetString(value)
		}
	}
}

// Key is one setting.
type Key struct {
	Name    string // in the file
	Default string
	Help    string
	Secret  bool
	Needed  string // an example, of a setting that a server does not start without

	index []int
	flag  string
	path  string // the ways of filing with which it is needed, "" for all
}

// Keys lists the settings in the order of the struct, those of a foreign system where it stands.
func Keys() []Key {
	var keys []Key
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Settings]()) {
		if field.Type != reflect.TypeFor[Foreign]() {
			keys = append(keys, keyOf(field.Tag, field.Tag.Get("key"), field.Index))
			continue
		}
		words := wordsOf(field.Tag)
		for _, part := range reflect.VisibleFields(field.Type) {
			key := keyOf(part.Tag, field.Tag.Get("key")+"."+part.Tag.Get("key"), slices.Concat(field.Index, part.Index))
			key.Help = words.Replace(key.Help)
			if part.Name == "URL" {
				key.Needed, key.path = field.Tag.Get("needed"), field.Tag.Get("path")
			}
			keys = append(keys, key)
		}
	}
	return keys
}

func keyOf(tag reflect.StructTag, name string, index []int) Key {
	_, secret := tag.Lookup("secret")
	return Key{
		Name: name, Default: tag.Get("default"), Help: tag.Get("help"), Secret: secret, Needed: tag.Get("needed"), index: index, path: tag.Get("path"),
		flag: strings.NewReplacer(".", "-", "_", "-").Replace(name),
	}
}

// wordsOf fills in what a foreign system is called, as the command line does.
func wordsOf(tag reflect.StructTag) *strings.Replacer {
	word, meaning, _ := strings.Cut(tag.Get("set"), "=")
	return strings.NewReplacer("${"+word+"}", meaning)
}

// Flag is the setting's name on the command line, without dashes before it. A secret has it only as a name among Values.
func (k Key) Flag() string { return k.flag }

// Variable is the setting's environment variable.
func (k Key) Variable() string {
	return Prefix + strings.ToUpper(strings.ReplaceAll(k.flag, "-", "_"))
}

func values(k *koanf.Koanf, known []Key) (Values, error) {
	found := Values{}
	for _, key := range known {
		if !k.Exists(key.Name) {
			continue
		}
		text, err := textOf(k.Get(key.Name))
		if err != nil {
			return nil, errValue.With("key", key.Name)
		}
		found[key.Flag()] = text
	}
	return found, nil
}

func textOf(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case bool, int64, float64:
		return fmt.Sprint(v), nil
	case []any:
		var parts []string
		for _, one := range v {
			part, err := textOf(one)
			if err != nil {
				return "", err
			}
			parts = append(parts, part)
		}
		return strings.Join(parts, ","), nil
	}
	return "", errValue
}
