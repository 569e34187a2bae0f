import CSyscalls
import Failure
import FileTree
import Glibc
import OCI
import SystemPackage

@testable import Layers

/// Makes damaged and hostile layers, unpacks and lists them, and sees that nothing worse than an error comes of it.
///
/// What an iteration does follows from the seed, its number and the path of the working directory alone.
package struct LayerFuzzer {
    private let seed: UInt64
    private let seeds: SeedLayers
    private let canary: Canary
    private let tarMutation: TarMutation
    private let scratch: Directory

    /// Bytes that an input may unpack to.
    private static let limit: Int64 = 32 << 20
    private static let entries = 5000

    /// - Parameter work: a directory of the fuzzer's own, made if it is missing.
    package init(seed: UInt64, work: FilePath) throws {
        self.seed = seed
        scratch = try Directory(creating: work)
        canary = try Canary("canary", in: scratch)
        tarMutation = TarMutation(canary: work.appending("canary").string)
        try scratch.removeTree("seeds")
        seeds = try SeedLayers(in: work.appending("seeds"))
    }

    /// A layer, and how it is to be unpacked.
    package struct Input: Sendable {
        /// The blob.
        package let bytes: [UInt8]
        let descriptor: Descriptor
        let diffID: Digest
        /// As a file of which nothing is known, and not as a layer.
        let isPlainFile: Bool
        let leavesWhiteoutsOut: Bool

        /// In a word or two, for messages.
        package var summary: String {
            "\(bytes.count) bytes, \(descriptor.mediaType)\(isPlainFile ? ", from: tar" : "")"
                + (leavesWhiteoutsOut ? ", whiteouts left out" : "")
        }
    }

    /// The input of an iteration.
    package func input(_ iteration: Int) throws -> Input {
        var random = FuzzRandom(seed: seed, iteration: iteration)
        return switch random.below(4) {
        case 0: squashfs(&random)
        case 1: erofs(&random)
        default: try tar(&random)
        }
    }

    private func tar(_ random: inout FuzzRandom) throws -> Input {
        var tar = seeds.tar
        for _ in 0..<random.below(6) { tarMutation.apply(to: &tar, &random) }
        var plain = tar.bytes
        if random.oneIn(6) { ByteMutation.apply(to: &plain, in: 0..<plain.count, &random) }
        if random.oneIn(12) { ByteMutation.cut(&plain, &random) }
        let compression = random.pick([Compression.none, .none, .gzip(level: 1), .zstd(level: 1)])
        var bytes = try compressed(plain, compression)
        if compression != .none, random.oneIn(2) {
            for _ in 0...random.below(3) { ByteMutation.apply(to: &bytes, in: 0..<bytes.count, &random) }
            if random.oneIn(3) { ByteMutation.cut(&bytes, &random) }
        }
        return Input(
            bytes: bytes,
            descriptor: Descriptor(
                mediaType: compression.tarMediaType, digest: Digest(of: bytes), size: Int64(bytes.count)),
            diffID: Digest(of: plain), isPlainFile: random.oneIn(3), leavesWhiteoutsOut: random.oneIn(4))
    }

    private func squashfs(_ random: inout FuzzRandom) -> Input {
        let seed = random.pick(seeds.squashfs)
        var bytes = seed.bytes
        for _ in 0..<1 + random.below(4) { SquashfsMutation.apply(to: &bytes, &random) }
        return image(bytes, .squashfsZstd, seed.rootHash, &random)
    }

    private func erofs(_ random: inout FuzzRandom) -> Input {
        let seed = random.pick(seeds.erofs)
        var bytes = seed.image.bytes
        for _ in 0..<1 + random.below(4) { seed.mutation.apply(to: &bytes, &random) }
        if !random.oneIn(12) { ErofsMutation.seal(&bytes) }
        return image(bytes, .erofs, seed.image.rootHash, &random)
    }

    private func image(
        _ bytes: [UInt8], _ mediaType: MediaType, _ rootHash: String?, _ random: inout FuzzRandom
    ) -> Input {
        let digest = Digest(of: bytes)
        return Input(
            bytes: bytes,
            descriptor: Descriptor(
                mediaType: mediaType, digest: digest, size: Int64(bytes.count),
                // Without it the damage gets further.
                annotations: random.oneIn(4) ? rootHash.map { [VerityAnnotation.name: $0] } : nil),
            diffID: digest, isPlainFile: false, leavesWhiteoutsOut: random.oneIn(4))
    }

    private func compressed(_ bytes: [UInt8], _ compression: Compression) throws -> [UInt8] {
        guard let compressor = try compression.makeCompressor() else { return bytes }
        let chunk = Chunk(capacity: max(1, bytes.count))
        _ = bytes.withUnsafeBytes { chunk.fill($0) }
        let result = try compressor.compress(chunk, nil)
        // Its bytes go with it, which nothing else would keep until they are copied.
        return withExtendedLifetime(result) { Array(result.bytes) }
    }

    /// Unpacks an input.
    ///
    /// - Returns: What was wrong with that; nothing if it was unpacked, or refused, as it should.
    package func problems(with input: Input) throws -> [String] {
        var problems: [String] = []
        let target = try canary.makeTarget()
        let before = try canary.snapshot()
        var isRefused = true
        do {
            try unpack(input, into: target)
            isRefused = false
        } catch let failure as Failure {
            if String(describing: failure).isEmpty { problems.append("a failure without a word") }
        } catch {
            problems.append("not a Failure: \(type(of: error)) \(error)")
        }
        if !input.isPlainFile {
            do {
                try list(input)
            } catch let failure as Failure {
                if !isRefused { problems.append("what is unpacked can't be listed: \(failure)") }
            } catch {
                problems.append("listing, not a Failure: \(type(of: error)) \(error)")
            }
        }
        let after = try canary.snapshot()
        if after != before {
            let changes = Set(before).symmetricDifference(after).sorted()
            problems.append("changed outside of the target: \(changes.joined(separator: "; "))")
        }
        let written = try target.allocatedBytes()
        if written > Self.limit + Int64(Self.entries) * 4096 { problems.append("wrote \(written) bytes") }
        return problems
    }

    private func unpack(_ input: Input, into target: Directory) throws {
        let file = try scratch.openNoSymlinks("input", O_RDWR | O_CREAT | O_TRUNC, mode: 0o600)
        try file.writeAll(input.bytes)
        try checked(lseek(file.number, 0, SEEK_SET))
        var options = UnpackOptions()
        options.limits.bytes = Self.limit
        options.limits.entries = Self.entries
        if input.leavesWhiteoutsOut { options.whiteouts = .leaveOut }
        if input.isPlainFile {
            _ = try unpackTarFile(file, into: target, options: options)
        } else {
            _ = try unpackLayer(file, input.descriptor, diffID: input.diffID, into: target, options: options)
        }
    }

    /// Lists a layer, and reads what is in it.
    private func list(_ input: Input) throws {
        let file = try scratch.openNoSymlinks("input", O_RDONLY)
        var options = ListOptions()
        options.limits.bytes = Self.limit
        options.limits.entries = Self.entries
        _ = try listLayer(file, input.descriptor, diffID: input.diffID, options: options) { _, content in
            while try content.next() != nil {}
        }
    }
}
