/// Which names of one side are of one file.
struct LinkGroups: Sendable {
    /// Of a row that is a further name, the row that has the content.
    private var files: [Int32: Int32] = [:]
    /// Of a row with further names, all its names.
    private var names: [Int32: Names] = [:]

    /// How many there are, and a sum of them.
    private struct Names: Sendable, Equatable {
        var count = 0
        var sum = 0

        mutating func add(_ path: ArraySlice<UInt8>) {
            count += 1
            sum &+= path.hashValue
        }
    }

    /// In the order in which the entries came: a link is to what came before it.
    init(_ table: EntryTable) {
        let targets = Set(table.rows.filter { $0.kind == .hardLink }.map(table.detail))
        guard !targets.isEmpty else { return }
        var places: [ArraySlice<UInt8>: Int32] = [:]
        for (place, row) in table.rows.enumerated() where !row.kind.hidesOnly && row.kind != .directory {
            let path = table.path(row)
            var file: Int32? = Int32(place)
            if row.kind == .hardLink {
                file = places[table.detail(row)]
                files[Int32(place)] = file
                if let file { names[file, default: Self.names(of: file, in: table)].add(path) }
            }
            if targets.contains(path) { places[path] = file }
        }
    }

    private static func names(of file: Int32, in table: EntryTable) -> Names {
        var names = Names()
        names.add(table.path(table.rows[Int(file)]))
        return names
    }

    /// The row that has the content of a row; `nil` if it is a link to what isn't there, or has none.
    func file(_ row: Int32, of table: EntryTable) -> Int32? {
        switch table.rows[Int(row)].kind {
        case .hardLink: files[row]
        case .directory, .whiteout, .opaque: nil
        default: row
        }
    }

    /// Whether two files have the same names.
    func hasNames(_ file: Int32, as others: LinkGroups, _ other: Int32, _ tables: BothSides<EntryTable>) -> Bool {
        (names[file] ?? Self.names(of: file, in: tables.a))
            == (others.names[other] ?? Self.names(of: other, in: tables.b))
    }
}
