import Failure
import Host
import OCI
import Registry
import SystemPackage
import Web

/// An image that is copied from a layout or a registry to another one.
package struct ImageCopy {
    private let source: Place
    private let destination: Place

    /// Where an image is, or is to be.
    private enum Place {
        case layout(FilePath, tag: String)
        case registry(ImageReference)

        /// Reads `oci:directory:tag` or `docker://registry/name:tag`.
        init(_ text: String) throws {
            if text.hasPrefix("docker://") {
                self = .registry(
                    try attempt("couldn't understand \(quoted(WebAddress.withoutCredentials(text)))") {
                        try ImageReference(String(text.dropFirst("docker://".count)))
                    })
                return
            }
            let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == "oci", !parts[1].isEmpty, !parts[2].isEmpty else {
                throw Failure(
                    "\(quoted(WebAddress.withoutCredentials(text))) names no image",
                    help: "write oci:DIRECTORY:TAG or docker://REGISTRY/NAME:TAG")
            }
            self = .layout(FilePath(String(parts[1])), tag: String(parts[2]))
        }
    }

    /// Takes the two places as they are written on a command line.
    package init(from source: String, to destination: String) throws {
        self.source = try Place(source)
        self.destination = try Place(destination)
    }

    /// Copies the image that is for this machine.
    package func run(log: Log) throws {
        let platform = Platform(os: "linux", architecture: Platform.hostArchitecture)
        let servers = Servers()
        switch (source, destination) {
        case (.layout(let path, let tag), _):
            let layout = try Layout(at: path)
            let use = try LayoutLock.use(of: layout) { try StopSignal.check() }
            defer { withExtendedLifetime(use) {} }
            let descriptor = try layout.resolve(tag, for: platform).descriptor
            switch destination {
            case .layout(let path, let tag):
                try LayoutCopies(to: path, from: layout, log: log).copy(descriptor, as: tag)
            case .registry(let reference):
                let client = servers.registry(reference.registry, isInsecure: false)
                try ImagePush(from: layout, to: client, progress: log.progress).push(descriptor, to: reference)
            }
        case (.registry(let reference), .layout(let path, let tag)):
            let pull = ImagePull(reference, from: servers.registry(reference.registry, isInsecure: false))
            let found = try pull.find(platform)
            let writer = try LayoutWriter(openingOrCreating: path, checkpoint: { try StopSignal.check() })
            // What is kept of a blob would be there for ever: no gc knows this layout.
            try pull.fetch(
                found, into: writer, keepsParts: false, progress: log.progress, checkpoint: { try StopSignal.check() })
            try writer.setEntries([(tag, found.descriptor)])
        case (.registry, .registry):
            throw Failure(
                "couldn't copy from one registry to another", help: "copy the image to an OCI layout, and from there")
        }
    }
}
