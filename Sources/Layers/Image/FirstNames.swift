/// The first name of each file of an image that says it has several, by where its inode is. What is kept is bounded:
/// an image can say of millions of files that they have more names, and never name one.
struct FirstNames {
    private var names: [UInt64: [UInt8]] = [:]
    private var room: Int
    private let limit: Int

    init(_ limits: UnpackLimits) {
        limit = limits.kept
        room = limits.kept
    }

    /// The name that the file had before; `nil`, and the name is kept, if this is its first.
    mutating func first(_ inode: UInt64, now path: [UInt8]) throws -> [UInt8]? {
        if let first = names[inode] { return first }
        room -= path.count
        if room < 0 { throw UnpackLimits.exceeded(kept: limit) }
        names[inode] = path
        return nil
    }
}
