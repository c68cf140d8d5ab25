"""What figures are made of: style, panels, layout, marks. No figure of its own."""
