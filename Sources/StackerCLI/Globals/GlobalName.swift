/// The list of global options: what they are called, for their declarations and for what finds them among other arguments.
enum GlobalName: String, CodingKey, CaseIterable {
    case workDir, stackerDir, ociDir, rootsDir, config
    case debug, quiet, logFile, logTimestamp, progress
    case storageType, internalUserns

    /// What is written for an option.
    enum Form {
        /// The option, and its value as the next argument or behind "=".
        case value
        /// The option alone.
        case flag
        /// The same, or the contrary.
        case flagOrNot
        /// The option alone, in front of all others: stacker itself writes it.
        case ownFlag
    }

    var form: Form {
        switch self {
        case .workDir, .stackerDir, .ociDir, .rootsDir, .config, .logFile, .storageType: .value
        case .debug, .quiet, .logTimestamp: .flag
        case .progress: .flagOrNot
        case .internalUserns: .ownFlag
        }
    }

    /// The name behind two hyphens: that of the property, as command lines have it.
    var long: String {
        var bytes: [UInt8] = []
        for byte in rawValue.utf8 {
            let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            bytes += isUpper ? [UInt8(ascii: "-"), byte | 0x20] : [byte]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The letter behind one hyphen.
    var short: Character? {
        self == .quiet ? "q" : nil
    }

    /// The option that is written so: as --name, --no-name or -n.
    init?(written text: Substring) {
        let found = Self.allCases.first { option in
            text == "--\(option.long)"
                || option.form == .flagOrNot && text == "--no-\(option.long)"
                || option.short.map { text == "-\($0)" } ?? false
        }
        guard let found else { return nil }
        self = found
    }
}
