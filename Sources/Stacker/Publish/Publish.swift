import Failure
import FileTree
import Glibc
import Host
import Layers
import OCI
import OrderedCollections
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
        let names = Set(project.recipes.layers.map(\.definition.tag))
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
            var outputs = PublishableOutputs(request, of: project)
            defer { outputs.cached?.clear() }
            let parcels = try parcels(&outputs)
            if request.showsOnly { show(parcels) } else { try send(parcels, outputs.cached) }
        }
    }

    // MARK: - What

    /// One image and where it goes.
    private struct Parcel {
        var file: String
        var layer: String
        var type: LayerType
        var descriptor: Descriptor
        /// Whether it was built here.
        var isHere: Bool
        var destinations: [PublishDestination]
    }

    private func parcels(_ outputs: inout PublishableOutputs) throws -> [Parcel] {
        let here = try FilePath.currentDirectory()
        let asked = Set(request.recipes.map { RecipeSource($0, workingDirectory: here).location })
        let images = Set(request.images)
        var parcels: [Parcel] = []
        for file in project.recipes.files where asked.contains(file.recipe.source.location) {
            let layersOfTags = OrderedDictionary(grouping: file.layers, by: \.definition.tag)
            for (name, layers) in layersOfTags where images.isEmpty || images.contains(name) {
                guard let layer = layers.first else { continue }
                if layer.definition.isBuildOnly {
                    try skip(layer.definition, of: file.recipe.source.name, isWanted: images.contains(name))
                    continue
                }
                let (found, areHere) = try outputs.images(of: layers)
                for (type, descriptor) in found {
                    let destinations = try attempt("\(layer.definition.position): couldn't publish layer \(name)") {
                        try request.tags.map { try request.target.destination(image: name, tag: type.tag(for: $0)) }
                    }
                    parcels.append(
                        Parcel(
                            file: file.recipe.source.name, layer: name, type: type, descriptor: descriptor,
                            isHere: areHere, destinations: destinations))
                }
            }
        }
        return parcels
    }

    /// Leaves a build_only layer out, which is not what somebody wants who asked for it by name.
    private func skip(_ layer: LayerDefinition, of file: String, isWanted: Bool) throws {
        log.info("will not publish: \(file) build_only \(layer.tag)")
        guard isWanted else { return }
        throw Failure(
            "\(layer.position(of: .buildOnly)): there is no image \(layer.tag) to publish: the layer is build_only",
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

    private func send(_ parcels: [Parcel], _ cached: CachedImages?) throws {
        // All destinations are of one registry, or in one layout.
        var ways: [Bool: Way] = [:]
        for parcel in parcels {
            for destination in parcel.destinations {
                log.info("publishing \(parcel.file) \(parcel.type.tag(for: parcel.layer)) to \(destination)")
                try attempt("couldn't publish \(parcel.layer) to \(destination)") {
                    let way = try ways[parcel.isHere] ?? way(to: destination, parcel.isHere ? nil : cached)
                    ways[parcel.isHere] = way
                    if !parcel.isHere, case .layout = destination { try cached?.bringAll(of: parcel.descriptor) }
                    if let index = try way.send(parcel.descriptor, to: destination, intoIndex: request.updatesIndex) {
                        log.info("\(destination) is for \(index.platformsInWords)")
                    }
                }
            }
        }
    }

    /// How images get to where they go.
    private enum Way {
        case push(ImagePush)
        case copy(LayoutCopies)

        /// - Returns: the index that the image has gone into, if that was asked for.
        func send(
            _ image: Descriptor, to destination: PublishDestination, intoIndex: Bool
        ) throws -> ImageIndex? {
            switch (self, destination) {
            case (.push(let push), .registry(let reference, _)):
                if intoIndex { return try push.push(image, intoIndex: reference) }
                try push.push(image, to: reference)
            case (.copy(let copies), .layout(_, let tag, _)):
                if intoIndex { return try copies.copy(image, intoIndex: tag) }
                try copies.copy(image, as: tag)
            case (.push, .layout), (.copy, .registry): throw Failure("there is no way to \(destination)")
            }
            return nil
        }
    }

    /// - Parameter cached: where the images come from; `nil` for those that were built here.
    private func way(to destination: PublishDestination, _ cached: CachedImages?) throws -> Way {
        let source = try cached?.layout ?? Layout(at: project.directories.oci)
        switch destination {
        case .layout(let path, _, _): return .copy(try LayoutCopies(to: path, from: source, log: log))
        case .registry(let reference, _):
            let client = project.servers.registry(
                reference.registry, isInsecure: request.isInsecure, allowedBy: "--skip-tls", as: request.credentials)
            if let cached { return .push(cached.push(to: client)) }
            let bases = RegistryBases.repositories(of: reference.registry, in: project.directories.stacker)
            return .push(ImagePush(from: source, to: client, mountable: bases, progress: log.progress))
        }
    }
}
