import SystemPackage
struct StopSignal { static func check() throws {} }
public enum Namespace { public static func enter(_ arguments: [String]) throws {} }
