import ArgumentParser
import Failure
import Layers
import Stacker

/// The compressions of tar layers by name.
enum CompressionName: String, ExpressibleByArgument, CaseIterable {
    case gzip, zstd, none

    /// The levels of tar layers that are compressed so.
    fileprivate var levels: CompressionLevels? {
        switch self {
        case .gzip: .gzip
        case .zstd: .zstd
        case .none: nil
        }
    }

    fileprivate func compression(_ level: Int) -> Compression {
        switch self {
        case .gzip: .gzip(level: level)
        case .zstd: .zstd(level: level)
        case .none: .none
        }
    }

    /// Says how layers of each type are compressed.
    func apply(_ options: LevelOptions, to request: inout BuildRequest) throws {
        func level(_ type: LayerType) throws -> Int {
            guard let levels = levels(of: type) else {
                guard options.own[type] == nil else { throw options.refusal(of: type, self) }
                return 0
            }
            let isWanted = request.layerTypes.contains(type)
            let level = options.own[type] ?? (isWanted ? options.common : nil) ?? levels.standard
            guard levels.possible.contains(level) else { throw options.refusal(of: type, self) }
            return level
        }
        request.compression = compression(try level(.tar))
        for type in LayerType.allCases where type.isImage { request.imageLevels[type] = try level(type) }
    }

    fileprivate func levels(of type: LayerType) -> CompressionLevels? { type.isImage ? type.levels : levels }
}

/// The levels that `--compression-level` gives: `3` for the layers of all types, `squashfs=3` for those of one.
struct LevelOptions {
    fileprivate var common: Int?
    fileprivate var own: [LayerType: Int] = [:]

    init(_ texts: [String]) throws {
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let type = LayerType(rawValue: parts[0])
            guard let level = Int(parts[parts.count - 1]), parts.count == 1 || type != nil else {
                let types = LayerType.allCases.map(\.rawValue).joined(separator: ", ")
                throw Failure(
                    "--compression-level \(text) is no level",
                    help: "it is a number, or TYPE=NUMBER for one type of layer; types are \(types)")
            }
            if let type { own[type] = level } else { common = level }
        }
    }

    /// Why layers of a type can't be compressed as asked for.
    fileprivate func refusal(of type: LayerType, _ name: CompressionName) -> Failure {
        let asked = own[type].map { "\(type)=\($0)" } ?? common.map(String.init) ?? ""
        let possible = LayerType.allCases.map { type in
            guard let levels = name.levels(of: type) else { return "none for \(type) with --compression none" }
            let compressor = type.isImage ? "" : " with \(levels.name)"
            return "\(levels.possible.lowerBound) to \(levels.possible.upperBound) for \(type)\(compressor)"
        }
        return Failure(
            "--compression-level \(asked) is no level for \(type) layers",
            help: "there are \(possible.joined(separator: ", ")); "
                + "for one type alone: --compression-level TYPE=LEVEL")
    }
}
