import Hummingbird

/// The routes of the API, and which of them a request means.
struct APITable: Sendable {
    /// All routes.
    static let full = APITable(
        ServerRoutes.all + EnqueueRoutes.all + JobRoutes.all + ChangeRoutes.all + QueueRoutes.all + HistoryRoutes.all
            + LimitRoutes.all + CronRoutes.all + BatchRoutes.all + WorkflowRoutes.all + TokenRoutes.all)
    /// The routes of a site without a client: it reads and manages.
    static let withoutClient = APITable(full.routes.filter { !$0.needsClient })

    static func of(_ site: Site) -> APITable { site.description.client == nil ? withoutClient : full }

    /// A path and what its methods do.
    private struct Place {
        var segments: [APIRoute.Segment]
        var methods: [HTTPRequest.Method: APIRoute]
    }

    let routes: [APIRoute]
    private let places: [Int: [Place]]

    init(_ routes: [APIRoute]) {
        self.routes = routes
        var places: [Int: [Place]] = [:]
        for route in routes {
            let segments = route.segments
            if let known = places[segments.count]?.firstIndex(where: { $0.segments == segments }) {
                places[segments.count]?[known].methods[route.method] = route
            } else {
                places[segments.count, default: []].append(Place(segments: segments, methods: [route.method: route]))
            }
        }
        self.places = places
    }

    /// What a request means.
    enum Match {
        case route(APIRoute, [String: String])
        /// There is such a path, for other methods.
        case otherMethods([HTTPRequest.Method])
        case nothing
    }

    /// Finds the route of a method and a path, whose segments are decoded.
    func match(_ method: HTTPRequest.Method, _ path: [String]) -> Match {
        for place in places[path.count] ?? [] {
            guard let variables = Self.variables(place.segments, path) else { continue }
            if let route = place.methods[method == .head ? .get : method] { return .route(route, variables) }
            let methods = place.methods.keys.sorted { $0.rawValue < $1.rawValue }
            return .otherMethods(methods.contains(.get) ? methods + [.head] : methods)
        }
        return .nothing
    }

    private static func variables(_ segments: [APIRoute.Segment], _ path: [String]) -> [String: String]? {
        var variables: [String: String] = [:]
        for (segment, text) in zip(segments, path) {
            switch segment {
            case .word(let word): if word != text { return nil }
            case .variable(let name): variables[name] = text
            }
        }
        return variables
    }
}
