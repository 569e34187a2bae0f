import Stacker

print("stacker")
