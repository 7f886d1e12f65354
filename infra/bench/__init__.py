"""The numbers that the desk must reach: counted where they can be counted, else ratios measured side by side in one run."""
