import Failure
import OCI
import Testing

@Suite("Documents of others")
struct DocumentTests {
    private let digest = "sha256:\(String(repeating: "a", count: 64))"

    private func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try JSON.decode(type, from: Array(text.utf8))
    }

    private func rewritten<Value: Codable>(_ type: Value.Type, _ text: String) throws -> String {
        String(decoding: try JSON.encode(try decode(type, text)), as: UTF8.self)
    }

    @Test("keep members that have no property, to the last digit")
    func keepsMembers() throws {
        let values = #"null,true,false,-9223372036854775808,18446744073709551615,1.5,"\u0007é/""#
        let more = #""x":{"a":[\#(values)],"b":{},"c":[]}"#
        let descriptor = #"{"data":"e30=","digest":"\#(digest)","mediaType":"m","size":1,\#(more)}"#
        #expect(try rewritten(Descriptor.self, descriptor) == descriptor)
        let platform = #"{"architecture":"amd64","os":"windows","os.features":["f"],"os.version":"1",\#(more)}"#
        #expect(try rewritten(Platform.self, platform) == platform)
        let manifest =
            #"{"artifactType":"t","config":\#(descriptor),"layers":[\#(descriptor)],"schemaVersion":2,"#
            + #""subject":\#(descriptor),\#(more)}"#
        #expect(try rewritten(ImageManifest.self, manifest) == manifest)
        let index = #"{"manifests":[\#(descriptor)],"schemaVersion":2,"subject":\#(descriptor),\#(more)}"#
        #expect(try rewritten(ImageIndex.self, index) == index)
        let config =
            #"{"architecture":"a","config":{"Healthcheck":{"Interval":30000000000},\#(more)},"#
            + #""history":[{"comment":"c",\#(more)}],"os":"o","os.version":"1","#
            + #""rootfs":{"diff_ids":[],"type":"layers",\#(more)},\#(more)}"#
        #expect(try rewritten(ImageConfig.self, config) == config)
    }

    @Test("are written with all that they were read with")
    func everyMember() throws {
        let created = #""created":"2024-01-01T00:00:00Z""#
        let execution =
            #"{"Cmd":["c"],"Entrypoint":["e"],"Env":["A=b"],"Labels":{"l":"m"},"User":"u","Volumes":{"/v":{}},"WorkingDir":"/w"}"#
        let history = #"{"author":"h",\#(created),"created_by":"b","empty_layer":true}"#
        let config =
            #"{"architecture":"a","author":"w","config":\#(execution),\#(created),"history":[\#(history)],"os":"o","#
            + #""rootfs":{"diff_ids":["\#(digest)"],"type":"layers"},"variant":"v"}"#
        #expect(try rewritten(ImageConfig.self, config) == config)
        let platform = #"{"architecture":"a","os":"o","variant":"v"}"#
        let descriptor =
            #"{"annotations":{"k":"v"},"digest":"\#(digest)","mediaType":"m","platform":\#(platform),"size":1}"#
        #expect(try rewritten(Descriptor.self, descriptor) == descriptor)
    }

    @Test(
        "numbers are what they say, however they are written",
        arguments: [
            ("1e2", "100"), ("1E+2", "100"), ("12.5E-1", "1.25"), ("10e-1", "1"), ("0e7", "0"), ("-0.0", "0"),
            ("120e-1", "12"), ("1.0", "1"), ("-1.50", "-1.5"), ("0.1e1", "1"),
        ])
    func numbers(written: String, kept: String) throws {
        let start = #"{"digest":"\#(digest)","mediaType":"m","size":1,"#
        #expect(try rewritten(Descriptor.self, #"\#(start)"x":[\#(written)]}"#) == #"\#(start)"x":[\#(kept)]}"#)
        #expect(try rewritten(Descriptor.self, #"\#(start)"x":[{ },[ ]]}"#) == #"\#(start)"x":[{},[]]}"#)
        let (one, other) = (#"\#(start)"x":[\#(written)]}"#, #"\#(start)"x":[\#(kept)]}"#)
        #expect(try decode(Descriptor.self, one) == decode(Descriptor.self, other))
        let spacious = "\(start)\t\"x\" : [ \(written) ,\n\(written) ] \r\n}"
        #expect(try rewritten(Descriptor.self, spacious) == #"\#(start)"x":[\#(kept),\#(kept)]}"#)
    }

    @Test(
        "differ if anything in them does",
        arguments: [
            ("true", "false"), ("1", "2"), ("18446744073709551615", "18446744073709551614"), ("1.5", "1.25"),
            ("1.00000000000000000001", "1.00000000000000000002"), (#""a""#, #""b""#), ("[1]", "[2]"), ("[1]", "[1,1]"),
            (#"{"a":1}"#, #"{"a":2}"#), (#"{"a":1}"#, #"{"b":1}"#), ("null", "0"),
        ])
    func equality(one: String, other: String) throws {
        func platform(_ value: String) throws -> Platform {
            try decode(Platform.self, #"{"architecture":"a","os":"o","x":\#(value)}"#)
        }
        #expect(try platform(one) == platform(one))
        #expect(try platform(one) != platform(other))
    }

    @Test("nothing in one that is shown does anything to a terminal, and it says the same")
    func shown() throws {
        let text = try JSON.shownText(["a": "b\u{1b}[2J \u{202e}é\u{e0041}"])
        #expect(text == "{\n  \"a\" : \"b\\u001b[2J \\u202eé\\udb40\\udc41\"\n}")
        #expect(try decode([String: String].self, text) == ["a": "b\u{1b}[2J \u{202e}é\u{e0041}"])
    }

    @Test("say where they are not what was expected")
    func saysWhere() {
        let failure = #expect(throws: Failure.self) {
            try decode(ImageConfig.self, #"{"rootfs":{"diff_ids":[]},"config":{"Env":["A=b",7]}}"#)
        }
        #expect(failure?.description.contains("config.Env.[1]") == true)
        #expect(throws: Failure.self) { try decode(ImageConfig.self, "{}") }
        #expect(throws: Failure.self) { try decode(Descriptor.self, #"{"digest":"\#(digest)"}"#) }
    }

    @Test("an index keeps entries of other algorithms in their places, and a tag that we set takes the place of one")
    func foreignEntries() throws {
        func entry(_ digest: String, _ tag: String) -> String {
            let name = "org.opencontainers.image.ref.name"
            return #"{"annotations":{"\#(name)":"\#(tag)"},"digest":"\#(digest)","mediaType":"m","size":1}"#
        }
        let ours = ["a", "b"].map { entry(digest, $0) }
        let foreign = ["1", "2", "3"].map { entry("sha512:\($0)", $0) }
        let list = [foreign[0], ours[0], foreign[1], ours[1], foreign[2]]
        func text(_ entries: [String]) -> String {
            #"{"manifests":[\#(entries.joined(separator: ","))],"schemaVersion":2}"#
        }
        var index = try decode(ImageIndex.self, text(list))
        #expect(index.tags == ["a", "b", "1", "2", "3"])
        #expect(String(decoding: try JSON.encode(index), as: UTF8.self) == text(list))
        index.setEntry(tag: "2", to: try #require(index.entry(tag: "a")))
        index.setEntry(tag: "c", to: try #require(index.entry(tag: "a")))
        let changed = [foreign[0], ours[0], entry(digest, "2"), ours[1], foreign[2], entry(digest, "c")]
        let order = try decode(ImageIndex.self, String(decoding: JSON.encode(index), as: UTF8.self))
        #expect(order == (try decode(ImageIndex.self, text(changed))))
        #expect(throws: Failure.self) { try decode(ImageIndex.self, text([entry("sha256:1", "a")])) }
        #expect(throws: Failure.self) { try decode(ImageIndex.self, text(["1"])) }
    }

    @Test(
        "are what their members say",
        arguments: [
            (#"{"manifests":[]}"#, MediaType.manifest, MediaType.index),
            (#"{"manifests":[]}"#, .dockerManifestList, .dockerManifestList),
            (#"{"manifests":[],"mediaType":"\#(MediaType.dockerManifestList)"}"#, .index, .dockerManifestList),
            (#"{"config":{}}"#, .index, .manifest), (#"{"layers":[]}"#, .unknown, .manifest),
            (#"{"blobs":[],"mediaType":"x"}"#, .unknown, MediaType(rawValue: "x")), ("no", .manifest, .manifest),
        ])
    func kinds(text: String, called: MediaType, type: MediaType) throws {
        #expect(try MediaType(ofManifest: Array(text.utf8), called: called) == type)
    }

    @Test(
        "that can be read in two ways are none",
        arguments: [
            #"{"manifests":[],"config":{}}"#, #"{"layers":[],"mediaType":"\#(MediaType.index)"}"#,
            #"{"manifests":[],"mediaType":"\#(MediaType.manifest)"}"#,
        ])
    func ambiguous(_ text: String) {
        #expect(throws: Failure.self) { try MediaType(ofManifest: Array(text.utf8), called: .manifest) }
    }

    @Test("a layer's type is what it begins with, and whether it may be passed on stays")
    func layerTypes() {
        let foreign = MediaType(rawValue: "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd")
        let erofs = [UInt8](repeating: 0, count: 1024) + [0xe2, 0xe1, 0xf5, 0xe0]
        let cases: [(MediaType, [UInt8], MediaType)] = [
            (.tar, [0x1f, 0x8b, 8, 0], .tarGzip), (.tarGzip, [0x28, 0xb5, 0x2f, 0xfd], .tarZstd),
            (.tarGzip, [0x53, 0x2a, 0x4d, 0x18], .tarZstd), (.tarZstd, Array("etc/".utf8), .tar), (.tarGzip, [], .tar),
            (foreign, [0x28, 0xb5, 0x2f, 0xfd], foreign), (.squashfsZstd, Array("hsqs".utf8), .squashfsZstd),
            (.tarGzip, Array("BZh9".utf8), .tarGzip), (.tar, Array("hsqs".utf8), .squashfs), (.tar, erofs, .erofs),
            (.erofs, [0x1f, 0x8b], .tarGzip), (.erofs, [UInt8](repeating: 0, count: 257) + Array("ustar".utf8), .tar),
            (.erofs, [UInt8](repeating: 0, count: 257) + Array("usta".utf8), .erofs),
        ]
        for (type, start, right) in cases { #expect(type.corrected(by: start) == right) }
    }
}
