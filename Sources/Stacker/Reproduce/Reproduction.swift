import Failure
import FileTree
import Glibc
import Host
import Recipes
import Roots
import SystemPackage

/// Whether recipes give the same images again: two builds, each in directories of its own, the second at another time and in
/// other surroundings. Neither finds what other builds have made, nor leaves anything behind.
package struct Reproduction {
    private let request: ReproduceRequest
    private let directories: StackerDirectories
    private let log: Log

    /// Reads the recipes, which must not have what can't be done twice; nothing is made on disk.
    package init(_ request: ReproduceRequest, in directories: StackerDirectories, log: Log) throws {
        (self.request, self.directories, self.log) = (request, directories, log)
        let build = try Build(request.build, in: directories, log: log.saying(to: Nowhere()))
        if !request.allowsBinds { try Self.refuseBinds(build.layers) }
        if let kept = request.keptIn { try ReproducedLayouts.refuseUnusable(FilePath(kept)) }
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
    /// - Parameter say: takes the verdict of each image, which may have several lines.
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
        for verdict in verdicts { try say(verdict.text(comparison.text)) }
        if differing.isEmpty { return true }
        if !request.findsCauses, !request.variations.isEmpty { try say(Self.howToFindCauses) }
        if request.findsCauses {
            let causes = try findCauses(of: differing, images, first, in: own)
            for tag in differing { try say(causes.text(about: tag)) }
        }
        if request.build.sourceDateEpoch == nil { try say(Self.withoutEpoch) }
        return false
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

    /// Builds with each variation alone, and with none.
    private func findCauses(
        of tags: [String], _ images: TrialImages, _ first: TrialBuild, in own: RunDirectory
    ) throws -> ReproduceCauses {
        var causes = ReproduceCauses()
        let trials = [[]] + (request.variations.count > 1 ? request.variations.map { [$0] } : [])
        for variations in trials {
            let trial = try TrialBuild("once-more", in: own)
            defer { try? trial.remove() }
            try waitForNextSecond()
            let others = try runAgain(trial, variations, after: first)
            for tag in tags where others[tag] != images[tag] { causes.add(variations.first, of: tag) }
        }
        if request.variations.count == 1, let only = request.variations.first {
            for tag in tags where !causes.differsWithoutAny(tag) { causes.add(only, of: tag) }
        }
        return causes
    }
}

/// For what was said already, or will be.
private struct Nowhere: LineSink {
    func write(_ lines: UnsafeRawBufferPointer) {}
}
