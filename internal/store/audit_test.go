package store_test

import (
	"testing"

	"github.com/wardline/wardline/internal/audit/audittest"
	"github.com/wardline/wardline/internal/store/storetest"
)

func TestAuditLog(t *testing.T) {
	storetest.EachKind(t, func(t *testing.T, fresh func(testing.TB) string) {
		audittest.TestStore(t, func(t *testing.T) audittest.Opened {
			db := storetest.Open(t, fresh(t))
			return audittest.Opened{Store: db.AuditLog(), Write: db.Audit}
		})
	})
}
