import Testing

@testable import Stacker

@Suite("pairs of layers")
struct LayerPairingTests {
    /// What becomes of layers that letters stand for: `a-b` where both are compared, `=a` where they are equal, `>a` if they
    /// have moved, `a-` and `-b` where one side has none.
    private static func pairs(_ a: String, _ b: String) -> String {
        let (left, right) = (Array(a), Array(b))
        return LayerPairing(left.count, right.count) { left[$0] == right[$1] }.pairs.map { pair in
            let (one, other) = (pair.a.map { "\(left[$0])" } ?? "", pair.b.map { "\(right[$0])" } ?? "")
            return one == other ? "\(pair.isMoved ? ">" : "=")\(one)" : "\(one)-\(other)"
        }.joined(separator: " ")
    }

    @Test(
        "equal layers first, then those between the same equal ones",
        arguments: [
            ("abc", "abc", "=a =b =c"),
            ("abc", "axc", "=a b-x =c"),
            ("abc", "ac", "=a b- =c"),
            ("ac", "abc", "=a -b =c"),
            ("abcd", "axd", "=a b-x c- =d"),
            ("ab", "xaby", "-x =a =b -y"),
            ("", "ab", "-a -b"),
            ("abx", "bay", ">a =b x-y"),
            ("aab", "ab", "=a a- =b"),
        ])
    func pairing(a: String, b: String, expected: String) {
        #expect(Self.pairs(a, b) == expected)
    }

    @Test("thousands of layers, all different, are compared by their places")
    func many() {
        let pairing = LayerPairing(20_000, 20_000) { $0 == 0 && $1 == 19_999 }
        #expect(pairing.pairs.count == 20_000)
        #expect(pairing.pairs[7] == .init(a: 7, b: 7))
    }
}
