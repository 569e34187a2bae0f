import FileTree
import Fixtures
import SystemPackage
import Testing

@testable import OCI

@Suite("A blob on its way into a layout")
struct IncomingBlobTests {
    private static let content = Array("content".utf8)
    private static let descriptor = Descriptor(mediaType: .tar, digest: Digest(of: content), size: Int64(content.count))

    private func withWriter(_ body: (LayoutWriter) throws -> Void) throws {
        try withTemporaryDirectory { root in
            try body(LayoutWriter(openingOrCreating: root.appending("oci")))
        }
    }

    private func append(_ bytes: ArraySlice<UInt8>, to blob: IncomingBlob) throws {
        try bytes.withUnsafeBytes { try blob.append($0) }
    }

    /// What is in the directory of blobs when one that got so far is let go.
    private func left(by bytes: ArraySlice<UInt8>, keepsPart: Bool) throws -> [String] {
        var left: [String] = []
        try withWriter { writer in
            do {
                let blob = try IncomingBlob(Self.descriptor, into: writer, keepsPart: keepsPart)
                try append(bytes, to: blob)
            }
            left = try writer.layout.blobs.names().map(\.string)
        }
        return left
    }

    @Test("a part is kept if it was asked for, and there is something of it")
    func keepsPart() throws {
        #expect(
            try left(by: Self.content[..<3], keepsPart: true) == [".\(Self.descriptor.digest.hex)\(Layout.partSuffix)"])
        #expect(try left(by: [], keepsPart: true) == [])
        #expect(try left(by: Self.content[..<3], keepsPart: false) == [])
    }

    @Test("what was kept is gone on with; of two writers one has it, and the other begins its own")
    func goesOn() throws {
        try withWriter { writer in
            do { try append(Self.content[..<3], to: IncomingBlob(Self.descriptor, into: writer, keepsPart: true)) }
            let blob = try IncomingBlob(Self.descriptor, into: writer, keepsPart: true)
            #expect(blob.count == 3)
            #expect(try IncomingBlob(Self.descriptor, into: writer, keepsPart: true).count == 0)
            try append(Self.content[3...], to: blob)
            #expect(blob.isRight)
            try blob.finish()
            #expect(try writer.layout.read(Self.descriptor) == Self.content)
            #expect(try writer.layout.blobs.names().count == 1)
        }
    }

    @Test("a part is as long as the blob at most; a longer one is nothing", arguments: [7, 8])
    func tooLongPart(length: Int) throws {
        try withWriter { writer in
            let part = writer.layout.path.appending("blobs/sha256/.\(Self.descriptor.digest.hex)\(Layout.partSuffix)")
            try part.write(String(decoding: (Self.content + [0]).prefix(length), as: UTF8.self))
            #expect(try IncomingBlob(Self.descriptor, into: writer, keepsPart: true).count == (length == 7 ? 7 : 0))
        }
    }

    @Test("it may have all bytes that its descriptor says, and not one more")
    func length() throws {
        try withWriter { writer in
            let blob = try IncomingBlob(Self.descriptor, into: writer)
            try append(Self.content[...], to: blob)
            #expect(throws: (any Error).self) { try append([0], to: blob) }
        }
    }

    @Test("who reads it while it comes, and has nothing yet, waits for it when it begins anew")
    func beginsAnew() throws {
        try withWriter { writer in
            let blob = try IncomingBlob(Self.descriptor, into: writer)
            let arriving = blob.follow()
            try append(Self.content[..<5], to: blob)
            try blob.restart()
            let pieces = Pieces([Self.content[..<2], Self.content[2...]]) { try append($0, to: blob) }
            var read: [UInt8] = []
            let reader = arriving.reader { try pieces.next() }
            while read.count < Self.content.count {
                var buffer = [UInt8](repeating: 0, count: 16)
                let count = try buffer.withUnsafeMutableBytes { try reader.read(into: $0) }
                read += buffer[..<count]
            }
            #expect(read == Self.content)
        }
    }
}

/// What comes when somebody has waited, a piece at a time.
private final class Pieces: @unchecked Sendable {
    private var pieces: [ArraySlice<UInt8>]
    private let give: (ArraySlice<UInt8>) throws -> Void

    init(_ pieces: [ArraySlice<UInt8>], _ give: @escaping (ArraySlice<UInt8>) throws -> Void) {
        self.pieces = pieces
        self.give = give
    }

    func next() throws {
        guard !pieces.isEmpty else { return }
        try give(pieces.removeFirst())
    }
}
