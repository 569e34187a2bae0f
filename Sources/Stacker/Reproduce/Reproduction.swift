import Failure
import FileTree
import Glibc
import Host
import OCI
import Recipes
import Roots
import SystemPackage

/// Whether recipes give the same images again: two builds, each in directories of its own, the second at another time and in
/// other surroundings. Neither finds what other builds have made, nor leaves anything behind.
package struct Reproduction {
    private let request: ReproduceRequest
    private let directories: StackerDirectories
    private let log: Log
    /// Layers whose scripts see no other order, though it is varied.
    private let unordered: [String]

    /// Reads the recipes, which must not have what can't be done twice; nothing is left on disk.
    package init(_ request: ReproduceRequest, in directories: StackerDirectories, log: Log) throws {
        // Standard output is for what comes of it.
        let log = log.leavingStandardOutputAlone()
        (self.request, self.directories, self.log) = (request, directories, log)
        let build = try Build(request.build, in: directories, log: log.saying(to: Nowhere()))
        if !request.allowsBinds { try Self.refuseBinds(build.layers) }
        unordered = request.variations.contains(.order) ? build.layers.filter(\.hasOrderOfTheDisk).map(\.name) : []
        if let kept = request.keptIn { try ReproducedLayouts.refuseUnusable(FilePath(kept)) }
        try PageFile.refuseImpossible(request.page.map { FilePath($0) })
    }

    /// A script changes what is bound, and finds that changed the second time.
    private static func refuseBinds(_ layers: [LayerDefinition]) throws {
        guard let layer = layers.first(where: \.bindsHost) else { return }
        throw Failure(
            "\(layer.position(of: .binds)): layer \(layer.name) binds files of this machine, to which its script can write, "
                + "and --reproduce runs it twice",
            help: "if that may be, say so: --reproduce-binds")
    }

    /// Builds, and says what came of it.
    ///
    /// - Parameter say: takes what is to be said of it: the verdict of each image, which may have several lines, or one
    ///   document.
    /// - Returns: whether all images are the same in both builds.
    package func run(_ say: (String) throws -> Void) throws -> Bool {
        try directories.refuseForeign()
        let own = try directories.locked(waiting: log) {
            let roots = try RootsDirectory(takingOver: directories.roots)
            try roots.removeDeadRuns()
            return try RunDirectory(in: roots)
        }
        defer { own.remove() }
        guard let kept = request.keptIn else { return try run(in: own, keeping: nil, say) }
        return try ReproducedLayouts.making(FilePath(kept)) { try run(in: own, keeping: $0, say) }
    }

    private func run(
        in own: RunDirectory, keeping kept: ReproducedLayouts?, _ say: (String) throws -> Void
    ) throws -> Bool {
        let first = try TrialBuild("first", in: own, oci: kept?.first)
        log.info("reproduce: the first build, as every build is")
        let images = try first.run(request.build, beginningWith: directories.stacker, log: log)
        let second = try TrialBuild("a-second", in: own, oci: kept?.second)
        try waitForNextSecond()
        let others = try runAgain(second, request.variations, after: first)
        let verdicts = images.verdicts(beside: others)
        let differing = verdicts.filter { !$0.isSame }.map(\.tag)
        let comparison = TrialComparison(first: first, second: second, variations: request.variations, log: log)
        let tell = request.printsJSON ? { _ in } : say
        if let page = request.page, !verdicts.isEmpty {
            try PageFile.write(comparison.layouts().page(), to: FilePath(page))
        }
        let differences = request.page == nil ? { try comparison.images(of: $0).text() } : nil
        for verdict in verdicts { try tell(verdict.text(differences)) }
        var causes: ReproduceCauses?
        if request.findsCauses, !differing.isEmpty {
            let found = try findCauses(of: differing, first, images, second, others, in: own)
            for tag in differing { try tell(found.text(about: tag)) }
            causes = found
        }
        let notes = try notes(on: verdicts, first, second)
        for note in notes { try tell(note) }
        if request.printsJSON {
            let isSame = differing.isEmpty
            let document = ReproduceDocument(
                reproducible: isSame, varied: request.variations.map(\.asked),
                images: verdicts.map { verdict in
                    .init(verdict, verdict.isSame ? nil : causes?.causes(of: verdict.tag))
                },
                notes: notes,
                comparison: isSame
                    ? nil : try JSON.decode(JSONValue.self, from: Array(comparison.layouts().json().utf8)))
            try say(JSON.text(document))
        }
        return differing.isEmpty
    }

    /// What is to be known beside the verdicts.
    private func notes(
        on verdicts: [ReproduceVerdict], _ first: TrialBuild, _ second: TrialBuild
    ) throws -> [String] {
        if verdicts.isEmpty { return [Self.withoutImages] }
        var notes: [String] = []
        let differing = verdicts.filter { !$0.isSame }.map(\.tag)
        if !differing.isEmpty, !request.findsCauses, !request.variations.isEmpty { notes.append(Self.howToFindCauses) }
        let naming = try differing.filter { try first.isNamed(byImage: $0) && second.isNamed(byImage: $0) }
        if !naming.isEmpty { notes.append(Self.named(by: naming)) }
        if !unordered.isEmpty { notes.append(Self.withoutOrder(unordered)) }
        if !differing.isEmpty, request.build.sourceDateEpoch == nil { notes.append(Self.withoutEpoch) }
        return notes
    }

    private static let withoutImages = "there is no image to compare: all layers are build_only"

    private static func named(by tags: [String]) -> String {
        "the recipe of \(tags.map { shown($0) }.joined(separator: ", ")) names a directory of the build, as "
            + "${{STACKER_ROOTFS_DIR}} does, and all its images have it in an annotation, whatever their scripts do: they "
            + "are the same again in the same directories only"
    }

    private static func withoutOrder(_ layers: [String]) -> String {
        "the order of names in directories was not varied for what \(layers.map { shown($0) }.joined(separator: ", ")) "
            + "begins with: no layer is below it; with that in a layer of its own it would be"
    }

    private static let howToFindCauses =
        "which of what was varied makes the difference, --reproduce-blame finds out, by a build for each"

    private static let withoutEpoch =
        "without SOURCE_DATE_EPOCH every image has the time of its build, and so has every file that a script makes: set it, "
        + "or give --source-date-epoch, to see what else differs"

    /// Builds once more, with what the first build was made of.
    private func runAgain(
        _ trial: TrialBuild, _ variations: [Variation], after first: TrialBuild
    ) throws -> TrialImages {
        var again = request.build
        // The first one has brought it here; whether there is something new by now is not asked.
        (again.trustsKept, again.ignoresCache) = (true, false)
        for variation in variations { variation.apply(to: &again) }
        let words = ["another time", "other directories"] + variations.map(\.inWords)
        log.info("reproduce: a build with \(words.joined(separator: ", "))")
        do {
            return try trial.run(again, beginningWith: first.directories.stacker, log: log)
        } catch let failure as Failure where StopSignal.pending == nil {
            throw Failure(
                "it could be built once, and not with \(words.joined(separator: ", "))", because: failure,
                help: failure.advice ?? "to find out which of them it is, leave some out: --reproduce-vary")
        }
    }

    /// A script that looks at the clock is not to see the same second twice.
    private func waitForNextSecond() throws {
        let last = Timestamp.now.seconds
        while Timestamp.now.seconds == last {
            try StopSignal.check()
            usleep(20_000)
        }
    }

    /// Builds with each variation alone, and with none. Of one variation the second build says it.
    private func findCauses(
        of tags: [String], _ first: TrialBuild, _ images: TrialImages, _ second: TrialBuild, _ others: TrialImages,
        in own: RunDirectory
    ) throws -> ReproduceCauses {
        var causes = ReproduceCauses()
        func compare(_ trial: TrialBuild, _ others: TrialImages, _ variations: [Variation]) throws {
            let comparison = TrialComparison(first: first, second: trial, variations: variations, log: log)
            for tag in tags where others[tag] != images[tag] {
                let isInBoth = images[tag] != nil && others[tag] != nil
                let places = isInBoth ? try comparison.images(of: tag).differingPlaces : []
                causes.add(variations.first, of: tag, at: places)
            }
        }
        for variations in [[]] + (request.variations.count > 1 ? request.variations.map { [$0] } : []) {
            let trial = try TrialBuild("once-more", in: own)
            defer { try? trial.remove() }
            try waitForNextSecond()
            try compare(trial, runAgain(trial, variations, after: first), variations)
        }
        if request.variations.count == 1 { try compare(second, others, request.variations) }
        return causes
    }
}

extension LayerDefinition {
    /// Whether its script sees directories of the layer itself, which are as the disk has them: nothing is below.
    fileprivate var hasOrderOfTheDisk: Bool {
        guard run != nil else { return false }
        return from?.kind == .tar || from?.kind == .scratch
    }
}

/// For what was said already, or will be.
private struct Nowhere: LineSink {
    func write(_ lines: UnsafeRawBufferPointer) {}
}
