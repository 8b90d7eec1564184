package pgtest

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrMissing is returned when no PostgreSQL server is installed.
var ErrMissing = errors.New("pgtest: PostgreSQL is not installed, and these tests need it: apt-get install postgresql")

// Options choose what kind of cluster to start.
type Options struct {
	// Sync keeps fsync, synchronous commit and full page writes on, as in production.
	Sync bool
}

// Cluster is a running PostgreSQL that belongs to this process.
type Cluster struct {
	dir   string
	shell *exec.Cmd
	input io.WriteCloser
	reply *bufio.Scanner
}

// supervise owns the server. It obeys one command per line and removes everything when its standard input
// closes, which the kernel sees to however the test process ends.
const supervise = `
bin=$1; dir=$2; shift 2; pid=
stop() { if [ -n "$pid" ]; then kill -s QUIT "$pid"; wait "$pid"; pid=; fi; }
while read -r command; do
  case $command in
    start) "$bin/postgres" -D "$dir/data" "$@" >>"$dir/log" 2>&1 </dev/null & pid=$! ;;
    crash) stop ;;
  esac
  echo "$command"
done
stop
rm -rf "$dir"
`

// Start makes a new cluster and returns when it answers. It listens on a Unix socket in its own directory
// only. As root it runs as the system user postgres, for PostgreSQL refuses to run as root.
func Start(options Options) (*Cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	owner, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := socketDir(owner)
	if err != nil {
		return nil, err
	}

	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "postgres",
		"-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	prepare(initdb, dir, owner)
	if out, err := initdb.CombinedOutput(); err != nil {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("pgtest: initdb: %w\n%s", err, out)
	}

	args := []string{"-c", supervise, "sh", bin, dir,
		"-c", "listen_addresses=", "-c", "unix_socket_directories=" + dir,
		"-c", "max_connections=300", "-c", "shared_buffers=64MB"}
	if !options.Sync {
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	shell := exec.Command("/bin/sh", args...)
	prepare(shell, dir, owner)
	input, err := shell.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := shell.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := shell.Start(); err != nil {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("pgtest: starting the supervising shell: %w", err)
	}
	c := &Cluster{dir: dir, shell: shell, input: input, reply: bufio.NewScanner(output)}
	if err := c.Restart(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// DSN returns the address of the cluster's default database.
func (c *Cluster) DSN() string {
	q := url.Values{"host": {c.dir}, "sslmode": {"disable"}}
	return "postgres://postgres@/postgres?" + q.Encode()
}

// Schema makes an empty schema in the cluster and returns its address.
func (c *Cluster) Schema(ctx context.Context) (string, error) {
	dsn, _, err := newSchema(ctx, c.DSN())
	return dsn, err
}

// Crash stops the server at once, with no checkpoint and no farewell to its clients: what was not yet durable
// is gone, and the next start recovers from the write-ahead log.
func (c *Cluster) Crash() error { return c.command("crash") }

// Restart starts the server after a Crash and returns when it answers.
func (c *Cluster) Restart() error {
	if err := c.command("start"); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, c.DSN())
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(c.dir, "log"))
			return fmt.Errorf("pgtest: the cluster does not answer: %w\n%s", err, log)
		}
	}
}

// Close stops the server and removes its directory.
func (c *Cluster) Close() error {
	if err := c.input.Close(); err != nil {
		return err
	}
	return c.shell.Wait()
}

func (c *Cluster) command(name string) error {
	if _, err := io.WriteString(c.input, name+"\n"); err != nil {
		return fmt.Errorf("pgtest: %s: %w", name, err)
	}
	if !c.reply.Scan() || c.reply.Text() != name {
		return fmt.Errorf("pgtest: %s was not obeyed: %v", name, c.reply.Err())
	}
	return nil
}

// Program is the path of one of PostgreSQL's programs, such as pg_dump.
func Program(name string) (string, error) {
	bin, err := binaries()
	return filepath.Join(bin, name), err
}

// newSchema makes a schema with a random name in the database at base.
func newSchema(ctx context.Context, base string) (dsn string, drop func() error, err error) {
	random := make([]byte, 8)
	rand.Read(random)
	name := "t_" + hex.EncodeToString(random)

	u, err := url.Parse(base)
	if err != nil {
		return "", nil, fmt.Errorf("pgtest: %s is not an address: %w", Variable, err)
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()

	if err := execute(ctx, base, "CREATE SCHEMA "+name); err != nil {
		return "", nil, err
	}
	return u.String(), func() error { return execute(ctx, base, "DROP SCHEMA "+name+" CASCADE") }, nil
}

// administrators are the connections that make and drop schemas, one for each cluster: a new one for each schema would
// cost more than the schema.
var administrators struct {
	mu    sync.Mutex
	conns map[string]*pgx.Conn
}

func execute(ctx context.Context, dsn, statement string) error {
	administrators.mu.Lock()
	defer administrators.mu.Unlock()
	conn := administrators.conns[dsn]
	if conn == nil || conn.IsClosed() {
		var err error
		if conn, err = pgx.Connect(ctx, dsn); err != nil {
			return fmt.Errorf("pgtest: %w", err)
		}
		// A cascading drop says what it drops; nobody reads it.
		if _, err := conn.Exec(ctx, "SET client_min_messages = warning"); err != nil {
			return fmt.Errorf("pgtest: %w", err)
		}
		if administrators.conns == nil {
			administrators.conns = map[string]*pgx.Conn{}
		}
		administrators.conns[dsn] = conn
	}
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("pgtest: %s: %w", statement, err)
	}
	return nil
}

// binaries finds the server's programs: Debian keeps them off PATH, one directory per major version.
func binaries() (string, error) {
	best, version := "", -1.0
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	for _, dir := range dirs {
		v, err := strconv.ParseFloat(filepath.Base(filepath.Dir(dir)), 64)
		if _, missing := os.Stat(filepath.Join(dir, "initdb")); err == nil && missing == nil && v > version {
			best, version = dir, v
		}
	}
	if best != "" {
		return best, nil
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", ErrMissing
}

// unprivileged returns the user to run the server as, or nil for the current one.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("%w (there is no system user postgres, and the server refuses to run as root)", ErrMissing)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// socketDir makes the cluster's directory. A Unix socket's path must stay under 108 bytes, so a long TMPDIR
// is passed over.
func socketDir(owner *syscall.Credential) (string, error) {
	parent := os.TempDir()
	if len(parent) > 60 {
		parent = "/tmp"
	}
	dir, err := os.MkdirTemp(parent, "wardline-pg-")
	if err != nil {
		return "", fmt.Errorf("pgtest: %w", err)
	}
	if owner != nil {
		if err := os.Chown(dir, int(owner.Uid), int(owner.Gid)); err != nil {
			return "", fmt.Errorf("pgtest: %w", err)
		}
	}
	return dir, nil
}

// prepare gives a command its owner and a process group of its own, so that an interrupt typed at the
// terminal reaches the tests and not the server under them.
func prepare(cmd *exec.Cmd, dir string, owner *syscall.Credential) {
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + strings.Join([]string{"/usr/local/bin", "/usr/bin", "/bin"}, ":"), "LC_ALL=C"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: owner, Setpgid: true}
}
