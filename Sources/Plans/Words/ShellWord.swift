extension String {
    /// The text as one word of a POSIX shell, whatever is in it. It must have no line break where the shell's input is read
    /// by lines.
    var shellWord: String {
        let isPlain =
            !isEmpty
            && unicodeScalars.allSatisfy { scalar in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "/", ":", ",", "+", "=", "@": true
                default: false
                }
            }
        return isPlain ? self : "'\(replacing("'", with: "'\\''"))'"
    }
}
