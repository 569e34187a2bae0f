import Failure
import Host
import OCI
import Registry
import SystemPackage
import Web

/// An image that is copied from a layout or a registry to another one.
package struct ImageCopy {
    private let source: ImagePlace
    private let destination: ImagePlace

    /// Takes the two places as they are written on a command line.
    package init(from source: String, to destination: String) throws {
        self.source = try ImagePlace(source)
        self.destination = try ImagePlace(destination)
    }

    /// Copies the image that is for this machine.
    package func run(log: Log) throws {
        let platform = Platform.machine
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
