import FileTree
import OCI

@testable import Layers

/// Encodes a tree as one erofs layer.
func encodeErofs(
    _ tree: Directory, verity: Bool = false, into blobs: Directory,
    _ change: (inout EncodeOptions) -> Void = { _ in }
) throws -> EncodedLayer? {
    var options = EncodeOptions()
    change(&options)
    return try encodeLayer(tree, as: [.erofs(verity: verity)], into: blobs, options: options)?.first
}

/// Unpacks an erofs as a layer whose digests are right.
@discardableResult
func unpackErofs(
    _ bytes: [UInt8], into root: Directory, options: UnpackOptions = UnpackOptions()
) throws -> UnpackReport {
    let digest = Digest(of: bytes)
    return try unpackLayer(
        temporaryFile(bytes), Descriptor(mediaType: .erofs, digest: digest, size: Int64(bytes.count)),
        diffID: digest, into: root, options: options)
}

extension Directory {
    /// Files of which some are worth compressing in all of their parts, some in a few, some in none.
    func fillWithSizes() throws {
        var generator = SplitMix(state: 23)
        func random(_ count: Int) -> String {
            String(decoding: (0..<count).map { _ in UInt8.random(in: 33...126, using: &generator) }, as: UTF8.self)
        }
        for size in [1, 4031, 4032, 4033, 4095, 4096, 4097, 8192, 100_000, 524_288, 524_289, 5_000_000] {
            try put(
                "text/\(size)", String(String(repeating: "0123456789 \(size)\n", count: size / 12 + 1).prefix(size)))
        }
        try put("random", random(70_001))
        try put("mixed", String(repeating: "a", count: 9000) + random(20_000) + String(repeating: "b", count: 600_100))
        try put("mixed-short", random(5000) + String(repeating: "c", count: 30_000) + random(3000))
        for number in 0..<700 {
            try put("many/name-\(number)-\(String(repeating: "x", count: number % 90))", "\(number)")
        }
    }
}
