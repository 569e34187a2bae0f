import FileTree
import OCI
import Registry

@testable import Stacker

extension FuzzTarget {
    /// An entry of a shared cache: its manifest, its record, its marks and its tags. What can be signed must read the
    /// same when it is written.
    static let sharedEntry = FuzzTarget(
        "shared-entry",
        seeds: {
            var manifest = ArtifactManifest(
                SharedAnnotations.artifactType,
                config: Descriptor(mediaType: SharedRecord.mediaType, digest: Digest(of: [2]), size: 3),
                layers: [Descriptor(mediaType: .tar, digest: Digest(of: [3]), size: 4)])
            manifest.annotations = SharedAnnotations.subject(of: key, for: .machine)
            manifest.annotations?[SharedAnnotations.content] = Digest(of: [5]).hex
            manifest.annotations?[SharedAnnotations.milliseconds] = "12"
            manifest.annotations?[SharedAnnotations.made] = "2020-01-02T03:04:05Z"
            manifest.annotations?[SharedSignature.annotation] = "c2lnbmF0dXJl"
            manifest.annotations?[SharedSignature.keyAnnotation] = "key"
            let blob =
                #"{"descriptor":{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"\#(digest)","size":1},"#
                + #""diffID":"\#(digest)"}"#
            let record =
                #"{"layer":"a","frame":"\#(digest)","upper":\#(blob),"labels":{"a":"b"},"overlayDirectories":[{"copy":"#
                + #"{"name":"0","destination":"srv","digest":"\#(digest)"},"blob":\#(blob)}]}"#
            return [try JSON.encode(manifest), Array(record.utf8), Array((key.hex + ".used").utf8)]
        }
    ) { bytes in
        let isTag = SharedTag(String(decoding: bytes, as: UTF8.self)) != nil
        if try !isTag && ifUsable({ try SharedRecord(bytes) }) == nil { try read(manifest: bytes) }
    }

    private static func read(manifest bytes: [UInt8]) throws {
        let manifest = try JSON.decode(ArtifactManifest.self, from: bytes)
        _ = SharedUse.day(of: manifest)
        _ = SharedAccount.made(manifest)
        if let signed = try? SharedSignature.text(of: manifest) {
            let again = try mustSucceed("a manifest as we write it") {
                try JSON.decode(ArtifactManifest.self, from: JSON.encode(manifest))
            }
            try mustHold(try SharedSignature.text(of: again) == signed, "written again it is signed as something else")
        }
        _ = try? SharedSignature.read(manifest)
        let repository = try SharedRepository("docker://registry.example/cache", option: "--cache-from")
        let pull = ArtifactPull(
            try repository.reference(key), from: servers.registry(repository.registry, isInsecure: false))
        _ = try SharedEntry(
            ArtifactPull.Found(digest: Digest(of: bytes), manifest: manifest), of: key, at: repository, by: pull)
    }

    private static let key = Digest(of: [1])
    private static let servers = Servers()
}
