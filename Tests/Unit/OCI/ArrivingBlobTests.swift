import Failure
import FileTree
import Fixtures
import SystemPackage
import Testing

@testable import OCI

@Suite("A blob that is read while it comes")
struct ArrivingBlobTests {
    private static let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }

    /// A blob of that content that has not begun to come.
    private func withBlob(_ body: (IncomingBlob) throws -> Void) throws {
        try withTemporaryDirectory { root in
            let descriptor = Descriptor(
                mediaType: .tar, digest: Digest(of: Self.content), size: Int64(Self.content.count))
            try body(IncomingBlob(descriptor, into: LayoutWriter(openingOrCreating: root.appending("oci"))))
        }
    }

    private func append(_ bytes: some Sequence<UInt8>, to blob: IncomingBlob) throws {
        try Array(bytes).withUnsafeBytes { try blob.append($0) }
    }

    /// - Throws: if it would have to wait.
    private func read(_ source: some ByteSource, _ count: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, got in
            got = try source.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    private func reader(of blob: ArrivingBlob) -> some ByteSource {
        struct MustWait: Error {}
        return blob.reader { throw MustWait() }
    }

    @Test("begins anew unseen by a reader who has read nothing of it")
    func restartsUnseen() throws {
        try withBlob { blob in
            let source = reader(of: blob.follow())
            try append("something else, which is not the blob".utf8, to: blob)
            try blob.restart()
            try append(Self.content.prefix(10), to: blob)
            #expect(try read(source, 1 << 20) == Array(Self.content.prefix(10)))
            try append(Self.content.dropFirst(10), to: blob)
            #expect(try read(source, 1 << 20) == Array(Self.content.dropFirst(10)))
            try blob.finish()
            #expect(try read(source, 1) == [])
        }
    }

    @Test("begins anew, and says so to a reader who has read some of it: then there is the whole of it at the end")
    func restartsSeen() throws {
        try withBlob { blob in
            let arriving = blob.follow()
            let source = reader(of: arriving)
            try append(Self.content.prefix(10), to: blob)
            #expect(try read(source, 1) == [Self.content[0]])
            try blob.restart()
            try append(Self.content, to: blob)
            #expect(throws: ArrivingBlob.Interruption.restarted) { try read(source, 1) }
            try blob.finish()
            #expect(try arriving.whole {}.readToEnd(limit: 1 << 20) == Self.content)
        }
    }
}
