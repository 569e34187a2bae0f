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
                + #""digest":"\#(digest)","size":18446744073709551615,"urls":["https://a"]}],"subject":null}"#,
            #"{"architecture":"amd64","os":"linux","created":"2020-01-02T03:04:05.678Z","author":"a","config":{"User":"1:2","#
                + #""ExposedPorts":{"80/tcp":{}},"Env":["A=b"],"Entrypoint":["x"],"Cmd":null,"Volumes":{"/v":{}},"#
                + #""WorkingDir":"/","Labels":{"a":"b"},"StopSignal":"SIGTERM"},"rootfs":{"type":"layers","#
                + #""diff_ids":["\#(digest)"]},"history":[{"created":"2020-01-02T03:04:05+01:00","empty_layer":true}]}"#,
        ]
    ) { bytes in
        try again(ImageIndex.self, bytes)
        try again(ImageManifest.self, bytes)
        try again(ImageConfig.self, bytes)
        try again(JSONValue.self, bytes)
    }

    static let digest = "sha256:" + String(repeating: "a", count: 64)

    /// Reads a value if it is one of that type, and what is written of it. A number that no integer holds is written as the
    /// nearest, once; from then on nothing changes.
    private static func again<Value: Codable>(_ type: Value.Type, _ bytes: [UInt8]) throws {
        guard let value = try read(type, bytes) else { return }
        let written = try mustSucceed("\(type) can't be written") { try JSON.encode(value) }
        let same = try mustSucceed("\(type) as we write it") {
            try JSON.encode(JSON.decode(type, from: written))
        }
        try mustHold(same == written, "\(type) is another one when it is written and read")
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
