import Failure
