import Failure
import OCI

extension FuzzTarget {
    /// Documents of image-spec. What is read and written again must read as the same.
    static let documents = FuzzTarget(
        "image",
        texts: [
            #"{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"\#(digest)","#
                + #""size":7,"annotations":{"org.opencontainers.image.ref.name":"a"},"platform":{"os":"linux","#
                + #""architecture":"arm","variant":"v7","os.features":["x"]}},{"mediaType":"m","digest":"sha512:1","size":1}],"#
                + #""annotations":null,"x":[1,1.5,-0,1e3,{"y":"\u00e9\ud83d\ude00"}]}"#,
            #"{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"\#(digest)","#
                + #""size":2,"data":"e30="},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","#
                + #""digest":"\#(digest)","size":9223372036854775807,"urls":["https://a"]}],"subject":null}"#,
            #"{"architecture":"amd64","os":"linux","created":"2020-01-02T03:04:05.678Z","author":"a","config":{"User":"1:2","#
                + #""ExposedPorts":{"80/tcp":{}},"Env":["A=b"],"Entrypoint":["x"],"Cmd":null,"Volumes":{"/v":{}},"#
                + #""WorkingDir":"/","Labels":{"a":"b"},"StopSignal":"SIGTERM"},"rootfs":{"type":"layers","#
                + #""diff_ids":["\#(digest)"]},"history":[{"created":"2020-01-02T03:04:05+01:00","empty_layer":true}]}"#,
        ]
    ) { bytes in
        let wereRead = try [
            again(ImageIndex.self, bytes), again(ImageManifest.self, bytes), again(ImageConfig.self, bytes),
        ]
        _ = try again(JSONValue.self, bytes)
        if !wereRead.contains(true) { throw Failure("it is no index, no manifest and no config") }
    }

    static let digest = "sha256:" + String(repeating: "a", count: 64)

    /// Reads a value if it is one of that type, and what is written of it: that is the same. A number that no integer holds is
    /// written as the nearest, once; from then on nothing changes.
    ///
    /// - Returns: whether it is one.
    private static func again<Value: Codable & Equatable>(_ type: Value.Type, _ bytes: [UInt8]) throws -> Bool {
        guard let value = try read(type, bytes) else { return false }
        let written = try mustSucceed("\(type) can't be written") { try JSON.encode(value) }
        let same = try mustSucceed("\(type) as we write it") {
            try JSON.encode(JSON.decode(type, from: written))
        }
        try mustHold(same == written, "\(type) is another one when it is written and read")
        if !mayHaveLargeNumber(bytes) {
            let reread = try mustSucceed("\(type) as we write it") { try JSON.decode(type, from: written) }
            try mustHold(reread == value, "\(type) is read as another value when it was written")
        }
        return true
    }

    /// Whether there are numbers of more digits than each encoder keeps, or with an exponent, or what looks so in a text.
    private static func mayHaveLargeNumber(_ bytes: [UInt8]) -> Bool {
        var digits = 0
        for byte in bytes {
            if digits > 0, byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e") { return true }
            digits = (0x30...0x39).contains(byte) ? digits + 1 : 0
            if digits > 15 { return true }
        }
        return false
    }

    private static func read<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) throws -> Value? {
        do {
            return try JSON.decode(type, from: bytes)
        } catch let failure {
            guard failure is Failure else { throw failure }
            return nil
        }
    }
}
