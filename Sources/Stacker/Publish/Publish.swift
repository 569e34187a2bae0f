import Failure
import FileTree
import Glibc
import Host
import Layers
import OCI
import Recipes
import Registry
import SystemPackage

/// One `stacker publish`: images of the output layout to where others get them.
package struct Publish {
    private let request: PublishRequest
    private let project: Project

    private var log: Log { project.log }

    /// Reads the recipes; nothing is sent.
    package init(_ request: PublishRequest, in directories: StackerDirectories, log: Log) throws {
        guard !request.tags.isEmpty else {
            throw Failure("no tag to publish the images with", help: "give at least one with --tag")
        }
        for tag in request.tags { _ = try ImageReference.checked(tag: tag) }
        self.request = request
        project = try Project(request.build, missing: .replace("dummy"), in: directories, log: log)
        let names = Set(project.recipes.layers.map(\.definition.name))
        if let unknown = request.images.first(where: { !names.contains($0) }) {
            throw Failure("there is no layer \(quoted(unknown)) in \(request.recipes.joined(separator: ", "))")
        }
    }

    /// Finds out what is to be published, and then publishes it, or says so.
    package func run() throws {
        try project.directories.locked {
            // Another stacker may give the tags to other images meanwhile.
            let use = try Layout(ifThereAt: project.directories.oci).map { source in
                try LayoutLock.use(of: source) { try StopSignal.check() }
            }
            defer { withExtendedLifetime(use) {} }
            let parcels = try parcels()
            if request.showsOnly { show(parcels) } else { try send(parcels) }
        }
    }

    // MARK: - What

    /// One image and where it goes.
    private struct Parcel {
        var file: String
        var layer: String
        var type: LayerType
        var descriptor: Descriptor
        var destinations: [PublishDestination]
    }

    private func parcels() throws -> [Parcel] {
        let here = try FilePath.currentDirectory()
        let asked = Set(request.recipes.map { RecipeSource($0, workingDirectory: here).location })
        let images = Set(request.images)
        var outputs = PublishableOutputs(request, of: project)
        var parcels: [Parcel] = []
        for file in project.recipes.files where asked.contains(file.recipe.source.location) {
            for layer in file.layers {
                let name = layer.definition.name
                guard images.isEmpty || images.contains(name) else { continue }
                if layer.definition.isBuildOnly {
                    try skip(layer.definition, of: file.recipe.source.name, isWanted: images.contains(name))
                    continue
                }
                for (type, descriptor) in try outputs.images(of: layer) {
                    let destinations = try attempt("\(layer.definition.position): couldn't publish layer \(name)") {
                        try request.tags.map { try request.target.destination(image: name, tag: type.tag(for: $0)) }
                    }
                    parcels.append(
                        Parcel(
                            file: file.recipe.source.name, layer: name, type: type, descriptor: descriptor,
                            destinations: destinations))
                }
            }
        }
        return parcels
    }

    /// Leaves a build_only layer out, which is not what somebody wants who asked for it by name.
    private func skip(_ layer: LayerDefinition, of file: String, isWanted: Bool) throws {
        log.info("will not publish: \(file) build_only \(layer.name)")
        guard isWanted else { return }
        throw Failure(
            "\(layer.position(of: .buildOnly)): there is no image \(layer.name) to publish: the layer is build_only",
            help: "take build_only away and build it, or publish an image that is built on it")
    }

    // MARK: - How

    private func show(_ parcels: [Parcel]) {
        for parcel in parcels {
            for destination in parcel.destinations {
                log.info("would publish: \(parcel.file) \(parcel.layer) to \(destination)")
            }
        }
    }

    private func send(_ parcels: [Parcel]) throws {
        guard !parcels.isEmpty else { return }
        let source = try Layout(at: project.directories.oci)
        // All destinations are of one registry, or in one layout.
        var push: ImagePush?
        var copies: LayoutCopies?
        for parcel in parcels {
            for destination in parcel.destinations {
                log.info("publishing \(parcel.file) \(parcel.type.tag(for: parcel.layer)) to \(destination)")
                try attempt("couldn't publish \(parcel.layer) to \(destination)") {
                    switch destination {
                    case .registry(let reference, _):
                        let one = try push ?? self.push(from: source, to: reference.registry)
                        push = one
                        try one.push(parcel.descriptor, to: reference)
                    case .layout(let path, let tag, _):
                        let all = try copies ?? LayoutCopies(to: path, from: source, log: log)
                        copies = all
                        try all.copy(parcel.descriptor, as: tag)
                    }
                }
            }
        }
    }

    private func push(from source: Layout, to registry: RegistryHost) throws -> ImagePush {
        let client = project.servers.registry(
            registry, isInsecure: request.isInsecure, allowedBy: "--skip-tls", as: request.credentials)
        let bases = RegistryBases.repositories(of: registry, in: project.directories.stacker)
        return ImagePush(from: source, to: client, mountable: bases, progress: log.progress)
    }
}
