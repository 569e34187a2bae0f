/// `2.1 MB`: a number of bytes in decimal units.
package func humanSize(_ bytes: Int64) -> String {
    let units = ["kB", "MB", "GB", "TB"]
    guard bytes >= 1000 else { return "\(bytes) B" }
    var size = Double(bytes) / 1000
    var unit = 0
    while size >= 999.95, unit < units.count - 1 {
        size /= 1000
        unit += 1
    }
    let tenths = (size * 10).rounded() / 10
    return size < 10 ? "\(tenths) \(units[unit])" : "\(Int(size.rounded())) \(units[unit])"
}

/// A number of bytes that grows before one's eyes: as ``humanSize(_:)`` has it, but with one decimal throughout, so that it
/// doesn't jump, and cut off, so that it is never more than there is: `999 B`, `1.0 kB`, `52.4 MB`.
func growingSize(_ bytes: Int64) -> String {
    if bytes < 1000 { return "\(bytes) B" }
    var tenths = bytes / 100
    for unit in ["kB", "MB", "GB"] {
        if tenths < 10_000 { return "\(tenths / 10).\(tenths % 10) \(unit)" }
        tenths /= 1000
    }
    return "\(tenths / 10).\(tenths % 10) TB"
}
