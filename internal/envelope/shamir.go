package envelope

import (
	"crypto/subtle"

	"github.com/wardline/wardline/internal/id"
)

// splitShare is the share of one seat: section 7.4 of docs/protocol.md. The coefficients follow from the secret, so that every member
// can compute every share again and see that officers were sealed the right ones.
func splitShare(secret [32]byte, coefficients []byte, seat uint8) (share [32]byte) {
	share = secret
	power := uint8(1)
	for start := 0; start < len(coefficients); start += 32 {
		power = gfMul(power, seat)
		for n, c := range coefficients[start : start+32] {
			share[n] ^= gfMul(c, power)
		}
	}
	return share
}

// escrowCoefficients are c_1 … c_{k−1}, 32 bytes each.
func escrowCoefficients(secret [32]byte, thread id.Thread, epoch uint32, threshold uint8) []byte {
	return KDF(secret[:], nil, "escrow", threadEpoch(thread, epoch), 32*(int(threshold)-1))
}

// combineShares interpolates at 0. The seats are distinct and not 0: callers have them from a list that is ascending from 1.
func combineShares(shares []SeatShare) (secret [32]byte) {
	for i := range shares {
		basis := uint8(1)
		for j := range shares {
			if j != i {
				over := shares[j].Seat
				basis = gfMul(basis, gfMul(over, gfInverse(over^shares[i].Seat)))
			}
		}
		for n, b := range shares[i].Share {
			secret[n] ^= gfMul(b, basis)
		}
	}
	return secret
}

// gfMul multiplies in GF(2^8) modulo x^8+x^4+x^3+x+1, with no branch and no table that depends on the values.
func gfMul(a, b uint8) uint8 {
	var product uint8
	for range 8 {
		product ^= a & -(b & 1)
		a = a<<1 ^ 0x1b&-(a>>7)
		b >>= 1
	}
	return product
}

// gfInverse is a^254, which is 1/a, and 0 for 0.
func gfInverse(a uint8) uint8 {
	square := gfMul(a, a)
	inverse := square
	for range 6 {
		square = gfMul(square, square)
		inverse = gfMul(inverse, square)
	}
	return inverse
}

// sameBytes compares secrets without telling where they differ.
func sameBytes(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }
